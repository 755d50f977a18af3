import { runRunner } from './runner';

void runRunner(process.env);
