import type { Routes } from '@angular/router';

export const routes: Routes = [
  {
    path: '',
    title: 'Disputes',
    loadComponent: () => import('./disputes').then((m) => m.Disputes),
  },
  {
    path: ':id',
    title: 'Dispute',
    loadComponent: () => import('./case-page').then((m) => m.CasePage),
  },
];
