import { inject } from '@angular/core';
import { Router, type Routes } from '@angular/router';
import { admin, loggedIn, loggedOut } from './core/guards';
import { Preferences } from './core/preferences';
import { Session } from './core/session';

/** The whole page. Each feature is loaded when it is first opened. */
export const routes: Routes = [
  {
    path: '',
    pathMatch: 'full',
    redirectTo: () => (inject(Session).isLoggedIn() ? '/dashboard' : '/trade'),
  },
  {
    path: 'login',
    title: 'Log in',
    canActivate: [loggedOut],
    loadComponent: () => import('./auth/login').then((m) => m.Login),
  },
  {
    path: 'register',
    title: 'Create an account',
    canActivate: [loggedOut],
    loadComponent: () => import('./auth/register').then((m) => m.Register),
  },
  {
    path: 'dashboard',
    title: 'Dashboard',
    canActivate: [loggedIn],
    loadComponent: () => import('./dashboard/dashboard').then((m) => m.Dashboard),
  },
  {
    path: 'trade',
    pathMatch: 'full',
    redirectTo: () => inject(Router).createUrlTree(['/trade', inject(Preferences).instrument()]),
  },
  {
    path: 'trade/:instrument',
    title: 'Trade',
    loadComponent: () => import('./trade/trade').then((m) => m.Trade),
  },
  { path: 'p2p', loadChildren: () => import('./p2p/routes').then((m) => m.routes) },
  {
    path: 'wallets',
    canActivate: [loggedIn],
    loadChildren: () => import('./wallets/routes').then((m) => m.routes),
  },
  { path: 'profile', loadChildren: () => import('./profile/routes').then((m) => m.routes) },
  {
    path: 'disputes',
    canActivate: [loggedIn],
    loadChildren: () => import('./disputes/routes').then((m) => m.routes),
  },
  {
    path: 'admin',
    canActivate: [loggedIn, admin],
    loadChildren: () => import('./admin/routes').then((m) => m.routes),
  },
  {
    path: 'about',
    title: 'About',
    loadComponent: () => import('./shell/about').then((m) => m.About),
  },
  {
    path: '**',
    title: 'Not found',
    loadComponent: () => import('./shell/lost').then((m) => m.Lost),
  },
];
