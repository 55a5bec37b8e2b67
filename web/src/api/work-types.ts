import type { Delivery, SendOutcome } from '../../../src/contracts/notify.ts';
import type { DutyInForce, Person } from '../../../src/contracts/people.ts';
import type { Rule } from '../../../src/contracts/rule.ts';
import type { DryRunFigures, RuleInForce } from '../../../src/contracts/rule-book.ts';
import type { SprayLedgerLine } from '../../../src/contracts/survey.ts';
import type { Instant, Localized, Severity } from './types.ts';

export type { Contact, NotifyPolicy } from '../../../src/contracts/people.ts';
export type {
  Band,
  Rule,
  RuleCondition,
  Test,
  TestGroup,
  ThresholdCondition,
} from '../../../src/contracts/rule.ts';

/** What the API says on the pages behind "more", as far as they read it. */
export type WirePerson = Omit<Person, 'createdAt'> & { createdAt: Instant };
export type WireDuty = DutyInForce;

export interface WireChannel {
  name: string;
  title: Localized;
  ready: boolean;
  missing: string[];
}

export interface WireOutcome {
  channel: string;
  state: SendOutcome['state'];
  answer: string;
  reason: string | null;
}

export type WireDelivery = Omit<Delivery, 'createdAt' | 'dueAt' | 'finishedAt'> & {
  createdAt: Instant;
  dueAt: Instant;
};

export type WireRule = Rule &
  Pick<RuleInForce, 'origin'> & {
    /** Those of the reader it is judged for now. */
    devices: number;
    /** What else should be known, in the reader's language. */
    remarks?: string[];
  };

export interface WireRuleVersion {
  rule: Rule;
  savedAt: Instant;
  savedBy: string;
  removed: boolean;
}

export interface WireDryRun {
  devices: number;
  figures: DryRunFigures;
  current: DryRunFigures | null;
  intervals: Array<{
    device: string;
    onset: Instant;
    end: Instant | null;
    severities: Array<{ time: Instant; severity: Severity }>;
    worst: number | null;
  }>;
  more: number;
  remarks: string[];
}

export interface WireFieldCount {
  site: string;
  device: string;
  metric: string;
  value: number;
  unit: string;
  samples: number;
  cropDay: number | null;
}

export type WireLedgerLine = SprayLedgerLine;

export interface WireMaintenance {
  id: string;
  coop: string;
  site: string | null;
  from: Instant;
  until: Instant;
  reason: string;
  who: string;
}
