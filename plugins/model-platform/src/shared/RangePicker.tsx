import { ToggleButton, ToggleButtonGroup } from '@backstage/ui';
import { Range, RANGES } from './ranges';

/** Chooses the time range of a page. */
export function RangePicker<R extends Range>(props: {
  offered: readonly R[];
  value: R;
  onChange: (range: R) => void;
}) {
  const { offered, value, onChange } = props;
  return (
    <ToggleButtonGroup
      aria-label="Time range"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={keys => {
        const chosen = offered.find(range => keys.has(range));
        if (chosen) onChange(chosen);
      }}
    >
      {offered.map(range => (
        <ToggleButton key={range} id={range}>
          {RANGES[range].title}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
