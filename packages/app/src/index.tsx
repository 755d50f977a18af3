import '@backstage/ui/css/styles.css';
import './theme.css';
import ReactDOM from 'react-dom/client';
import { createPortal } from './createPortal';

const root = document.getElementById('root');
if (!root) {
  throw new Error('The page has no element #root');
}
ReactDOM.createRoot(root).render(createPortal().createRoot());
