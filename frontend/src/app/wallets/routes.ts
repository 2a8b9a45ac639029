import type { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', title: 'Wallets', loadComponent: () => import('./wallets').then((m) => m.Wallets) },
];
