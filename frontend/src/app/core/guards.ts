import { inject } from '@angular/core';
import { type CanActivateFn, Router } from '@angular/router';
import { Session } from './session';

/** Only for who is logged in; others log in and come back. */
export const loggedIn: CanActivateFn = (_, state) =>
  inject(Session).isLoggedIn() ||
  inject(Router).createUrlTree(['/login'], { queryParams: { back: state.url } });

/** Only for who is not logged in. */
export const loggedOut: CanActivateFn = () =>
  !inject(Session).isLoggedIn() || inject(Router).createUrlTree(['/dashboard']);

/** Only for admins. */
export const admin: CanActivateFn = () =>
  inject(Session).isAdmin() || inject(Router).createUrlTree(['/']);
