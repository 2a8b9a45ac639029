import type { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', title: 'P2P', loadComponent: () => import('./offers').then((m) => m.Offers) },
];
