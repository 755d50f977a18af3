import { useEffect, useState } from 'react';

/**
 * The id under which the selected tab of the page's header looks for its
 * content. The header makes tabs without panels, and a tab that controls
 * nothing leads those who hear the page nowhere.
 */
export function useTabPanelId(): string | undefined {
  const [id, setId] = useState<string>();
  useEffect(() => {
    const tab = document.querySelector(
      '[role="tab"][aria-selected="true"][aria-controls]',
    );
    const wanted = tab?.getAttribute('aria-controls');
    if (wanted && !document.getElementById(wanted)) setId(wanted);
  }, []);
  return id;
}
