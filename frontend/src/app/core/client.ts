/** The generated client, in one place: `api.invoke(placeOrder, { body })`. */
export * from '../api/functions';
export * from '../api/models';
export { Api, type ApiFnRequired } from '../api/api';
