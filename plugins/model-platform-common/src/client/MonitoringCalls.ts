import {
  CatalogueMetric,
  KpiOverview,
  LiveModelMetrics,
  ModelMetrics,
  VariantSize,
} from '../types';
import { enc } from './enc';
import { EndpointCalls } from './EndpointCalls';
import { RequestOptions } from './PlatformCalls';

/** Metrics and key figures. @public */
export class MonitoringCalls extends EndpointCalls {
  async getModelMetrics(
    name: string,
    query: { range?: '1h' | '24h' | '7d' | '30d' | '90d' } = {},
    options?: RequestOptions,
  ): Promise<ModelMetrics> {
    return await this.json(`models/${enc(name)}/metrics`, {
      ...options,
      query,
    });
  }

  /** Read from the runners this moment; nothing of it is stored. */
  async getLiveMetrics(
    name: string,
    options?: RequestOptions,
  ): Promise<LiveModelMetrics> {
    return await this.json(`models/${enc(name)}/live-metrics`, options);
  }

  /** What runners of a deployment take, and the sizes that follow from it. */
  async getSizes(
    deployment: string,
    options?: RequestOptions,
  ): Promise<{ items: VariantSize[] }> {
    return await this.json(`deployments/${enc(deployment)}/sizes`, options);
  }

  async getMetricCatalogue(
    options?: RequestOptions,
  ): Promise<{ items: CatalogueMetric[] }> {
    return await this.json('metric-catalogue', options);
  }

  async getKpiOverview(
    query: {
      range?: '7d' | '30d' | '90d';
      system?: string;
      theme?: string;
      owner?: string;
    } = {},
    options?: RequestOptions,
  ): Promise<KpiOverview> {
    return await this.json('kpis/overview', { ...options, query });
  }
}
