import type { AerationPlan, AerationRepository } from '../contracts/aeration.ts';
import type { Scope } from './scope.ts';
import { createSitePlans } from './site-plans.ts';

export function createAeration(scope: Scope): AerationRepository {
  return createSitePlans<AerationPlan>(scope, 'aeration_plans');
}
