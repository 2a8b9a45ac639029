import type { Routes } from '@angular/router';

export const routes: Routes = [
  {
    path: '',
    loadComponent: () => import('./frame').then((m) => m.Frame),
    children: [
      {
        path: '',
        pathMatch: 'full',
        title: 'System',
        loadComponent: () => import('./system').then((m) => m.SystemPage),
      },
      {
        path: 'users',
        title: 'Users',
        loadComponent: () => import('./users').then((m) => m.UsersPage),
      },
      {
        path: 'users/:username',
        title: 'User',
        loadComponent: () => import('./users').then((m) => m.UsersPage),
      },
      {
        path: 'trades',
        title: 'P2P trades',
        loadComponent: () => import('./trades').then((m) => m.TradesPage),
      },
      {
        path: 'trades/:id',
        title: 'P2P trade',
        loadComponent: () => import('./trades').then((m) => m.TradesPage),
      },
      {
        path: 'metrics',
        title: 'Metrics',
        loadComponent: () => import('./metrics').then((m) => m.MetricsPage),
      },
    ],
  },
];
