/** What the process says when it ends; the numbers of BSD's sysexits where one fits. */
export const EXIT = {
  ok: 0,
  failure: 1,
  /** A command that was given, and that no sensor has shown to have worked. */
  unproven: 2,
  usage: 64,
  data: 65,
  unavailable: 69,
  internal: 70,
  storage: 74,
  locked: 75,
  permission: 77,
  configuration: 78,
} as const;

const BY_CODE: Record<string, number> = {
  CONFIG_UNKNOWN: EXIT.configuration,
  CONFIG_INVALID: EXIT.configuration,
  PLAINTEXT_REFUSED: EXIT.configuration,
  KIND_INVALID: EXIT.configuration,
  DISCOVERY_FAILED: EXIT.configuration,
  STATE_TOO_NEW: EXIT.configuration,
  DATA_DIR_LOCKED: EXIT.locked,
  DATA_DIR_UNUSABLE: EXIT.storage,
  DATA_DIR_UNFINISHED: EXIT.storage,
  DATA_DIR_NOT_EMPTY: EXIT.usage,
  DISK_TOO_SMALL: EXIT.storage,
  BACKUP_DAMAGED: EXIT.storage,
  HTTP_PORT_BUSY: EXIT.unavailable,
  HTTP_PORT_FORBIDDEN: EXIT.unavailable,
  HTTP_HOST_UNKNOWN: EXIT.unavailable,
  HTTP_LISTEN_FAILED: EXIT.unavailable,
  BROKER_LISTEN_FAILED: EXIT.unavailable,
  SERVER_UNREACHABLE: EXIT.unavailable,
  TOKEN_REFUSED: EXIT.permission,
  TOKEN_MISSING: EXIT.permission,
  EXPORT_INCOMPLETE: EXIT.unavailable,
  YAML_INVALID: EXIT.data,
  RULE_FILE_INVALID: EXIT.data,
  RULE_INVALID: EXIT.data,
  DRY_RUN_TOO_LARGE: EXIT.usage,
  DRY_RUN_BUSY: EXIT.unavailable,
  FILE_INVALID: EXIT.data,
  FILE_AGGREGATED: EXIT.data,
  IMPORT_REJECTED: EXIT.data,
  COMMAND_INVALID: EXIT.usage,
  COMMAND_UNKNOWN_ACTION: EXIT.usage,
  COMMAND_NO_LEASE: EXIT.usage,
  COMMAND_OVER_CAP: EXIT.usage,
  COMMAND_TOO_LATE: EXIT.usage,
  COMMAND_OFFLINE: EXIT.unavailable,
  CONFIRMATION_NEEDED: EXIT.usage,
  ACTUATOR_FILE_INVALID: EXIT.data,
  ACTUATOR_INVALID: EXIT.data,
  PROGRAMME_FILE_INVALID: EXIT.data,
  PROGRAMME_INVALID: EXIT.data,
  USAGE: EXIT.usage,
};

/** The exit code for a failure with this code; 1 for those without one of their own. */
export function exitCodeOf(code: string): number {
  return BY_CODE[code] ?? EXIT.failure;
}
