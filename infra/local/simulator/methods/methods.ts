import type { Method } from '../method.ts';
import { adOrdersMethod } from './adOrders.ts';
import { authTokenCreateMethod, authTokenRefreshMethod } from './authToken.ts';
import { carOrderMethod } from './carOrder.ts';
import { itemInfoMethod } from './itemInfo.ts';
import { leadInfoMethod } from './leadInfo.ts';
import { messagesConfirmMethod, messagesConsumeMethod, userPermitMethod } from './messages.ts';
import { tradesInfoMethod } from './tradesInfo.ts';

export const methods: readonly Method[] = [
  tradesInfoMethod,
  carOrderMethod,
  leadInfoMethod,
  adOrdersMethod,
  itemInfoMethod,
  messagesConsumeMethod,
  messagesConfirmMethod,
  userPermitMethod,
  authTokenCreateMethod,
  authTokenRefreshMethod,
];
