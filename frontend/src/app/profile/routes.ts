import type { Routes } from '@angular/router';
import { loggedIn } from '../core/guards';

export const routes: Routes = [
  {
    path: '',
    pathMatch: 'full',
    title: 'Profile',
    canActivate: [loggedIn],
    loadComponent: () => import('./profile').then((m) => m.ProfilePage),
  },
  {
    path: 'preferences',
    title: 'Preferences',
    loadComponent: () => import('./preferences').then((m) => m.PreferencesPage),
  },
  {
    path: 'notifications',
    title: 'Notifications',
    canActivate: [loggedIn],
    loadComponent: () => import('./notifications').then((m) => m.NotificationsPage),
  },
  {
    path: ':username',
    title: 'Profile',
    loadComponent: () => import('./person').then((m) => m.PersonPage),
  },
];
