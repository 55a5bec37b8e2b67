import type {
  Actuator,
  ActuatorFault,
  ActuatorState,
  Lease,
} from '../../../src/contracts/actuator.ts';
import type { AerationDecision, AerationPlan } from '../../../src/contracts/aeration.ts';
import type {
  AuditEntry,
  Command,
  CommandEvent,
  EmergencyStop,
  Proof,
} from '../../../src/contracts/command.ts';
import type {
  BalanceRow,
  IrrigationAdvice,
  Plot,
  Programme,
  ProgrammePiece,
  ProgrammeRun,
  ProgrammeSupply,
  Reason,
} from '../../../src/contracts/irrigation.ts';
import type { Instant } from './types.ts';

export type { ActuatorRole, Position } from '../../../src/contracts/actuator.ts';
export type { CommandState } from '../../../src/contracts/command.ts';
export type { ProgrammeDose, ProgrammeMode } from '../../../src/contracts/irrigation.ts';

/** A contract as it comes over the wire: its times are text. */
type Timed<T, Time extends keyof T> = Omit<T, Time> & {
  [key in Time]: null extends T[key] ? Instant | null : Instant;
};

export type WireProof = Timed<Proof, 'at'>;
export type WireCommand = Omit<
  Timed<Command, 'notAfter' | 'createdAt' | 'sentAt' | 'startedAt' | 'endedAt'>,
  'proof' | 'timeline'
> & { proof: WireProof | null; timeline: ReadonlyArray<Timed<CommandEvent, 'at'>> };

export type WireActuator = Actuator;
export type WireLease = Timed<Lease, 'from' | 'until'>;
export type WireActuatorState = Omit<
  Timed<ActuatorState, 'since' | 'lastOffAt'>,
  'lease' | 'fault'
> & { lease: WireLease | null; fault: Timed<ActuatorFault, 'at'> | null };

export interface WireActuatorView {
  actuator: WireActuator;
  state: WireActuatorState;
  connected: boolean;
  reliability: number | null;
  blocked: ReadonlyArray<{ code: string; text: string }>;
}

export type WireStop = Timed<EmergencyStop, 'at'>;
export type WireReason = Reason;
export type WireProgramme = Programme;
export type WirePiece = Timed<ProgrammePiece, 'from'>;
export type WireRun = Omit<Timed<ProgrammeRun, 'at'>, 'pieces' | 'supplies'> & {
  pieces: readonly WirePiece[];
  supplies?: ReadonlyArray<Timed<ProgrammeSupply, 'from'>>;
};
export type WirePlot = Plot;
export type WireBalanceRow = BalanceRow;
export type WireAdvice = Timed<IrrigationAdvice, 'at'>;
export type WireAerationPlan = AerationPlan;
export type WireAerationDecision = Timed<AerationDecision, 'at'>;
export type WireAuditEntry = Timed<AuditEntry, 'at'>;
