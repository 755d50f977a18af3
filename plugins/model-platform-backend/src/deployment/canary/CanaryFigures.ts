import { AnalysisMetric } from '@model-platform/plugin-model-platform-common';
import { EndpointScope } from '@model-platform/plugin-model-platform-node';

/** What one revision of an endpoint has shown. */
export interface RevisionFigure {
  /** Calls that the gateway passed on to it. */
  calls: number;
  /** Of the metric; undefined where there is nothing yet to tell it from. */
  value?: number;
}

/** How revisions of an endpoint did, side by side. Monitoring has it; deployment asks. */
export interface CanaryFigures {
  /** By number of the revision; those without calls are left out. */
  read(query: {
    endpoint: string;
    environment: string;
    revisions: number[];
    /** Also `calls`, of which those are counted. */
    metric: Pick<AnalysisMetric, 'metric' | 'quantile'>;
    /** Only of this one; of all variants together where absent. */
    variant?: string;
    start: Date;
    end: Date;
  }): Promise<Map<number, RevisionFigure>>;
  /** Until when everything of an endpoint is counted; undefined where nothing was yet. */
  completeUntil(of: EndpointScope): Promise<Date | undefined>;
}
