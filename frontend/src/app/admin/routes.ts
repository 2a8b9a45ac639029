import type { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', title: 'Admin', loadComponent: () => import('./status').then((m) => m.StatusPage) },
];
