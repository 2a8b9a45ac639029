import type { Routes } from '@angular/router';
import { loggedIn } from '../core/guards';

export const routes: Routes = [
  {
    path: '',
    loadComponent: () => import('./frame').then((m) => m.Frame),
    children: [
      {
        path: '',
        pathMatch: 'full',
        title: 'P2P offers',
        loadComponent: () => import('./offers/offers').then((m) => m.Offers),
      },
      {
        path: 'ads',
        title: 'My ads',
        canActivate: [loggedIn],
        loadComponent: () => import('./ads/my-ads').then((m) => m.MyAds),
      },
      {
        path: 'ads/new',
        title: 'New ad',
        canActivate: [loggedIn],
        loadComponent: () => import('./ads/ad-editor').then((m) => m.AdEditor),
      },
      {
        path: 'ads/:id/edit',
        title: 'Edit ad',
        canActivate: [loggedIn],
        loadComponent: () => import('./ads/ad-editor').then((m) => m.AdEditor),
      },
      {
        path: 'trades',
        title: 'My P2P trades',
        canActivate: [loggedIn],
        loadComponent: () => import('./room/trades').then((m) => m.Trades),
      },
      {
        path: 'trades/:id',
        title: 'P2P trade',
        canActivate: [loggedIn],
        loadComponent: () => import('./room/room').then((m) => m.Room),
      },
      { path: 'settings', pathMatch: 'full', redirectTo: 'settings/accounts' },
      {
        path: 'settings',
        canActivate: [loggedIn],
        loadComponent: () => import('./settings/settings').then((m) => m.Settings),
        children: [
          {
            path: 'accounts',
            title: 'Payment accounts',
            loadComponent: () => import('./settings/accounts').then((m) => m.Accounts),
          },
          {
            path: 'favourites',
            title: 'Favourites',
            data: { kind: 'favourites' },
            loadComponent: () => import('./settings/people').then((m) => m.People),
          },
          {
            path: 'blocks',
            title: 'Blocks',
            data: { kind: 'blocks' },
            loadComponent: () => import('./settings/people').then((m) => m.People),
          },
        ],
      },
    ],
  },
];
