import type { Routes } from '@angular/router';

export const routes: Routes = [
  {
    path: '',
    title: 'Profile',
    loadComponent: () => import('./profile').then((m) => m.ProfilePage),
  },
];
