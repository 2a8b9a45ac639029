import { bootstrapApplication } from '@angular/platform-browser';
import { config } from './app/config';
import { Shell } from './app/shell/shell';

bootstrapApplication(Shell, config).catch((error: unknown) => console.error(error));
