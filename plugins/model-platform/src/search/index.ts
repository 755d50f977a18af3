export { ModelSearchResult } from './ModelSearchResult';
