import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { writeYaml } from '../base/yaml.ts';
import type { Rule, RuleVersion } from '../contracts/rule.ts';
import type { Client } from './client.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { readRuleFile } from './rule-file.ts';
import { addNoise, addTest } from './rule-trials.ts';

/** A rule as the server answers it. */
type AnsweredRule = Rule & {
  origin: 'kind' | 'saved';
  devices: number;
  remarks: string[];
};

/** On the wire times are texts. */
type AnsweredVersion = Omit<RuleVersion, 'savedAt'> & { savedAt: string };

interface ListOptions extends ClientOptions {
  kind?: string;
  coop?: string[];
  topic?: string;
}

/** `sluice rules list | show | save | remove | versions | test | noise`. */
export function addRules(program: Command, surroundings: Surroundings): void {
  const rules = program
    .command('rules')
    .description('read and change the rules that raise alerts, and try them on history');
  addList(rules, surroundings);
  addShow(rules, surroundings);
  addSave(rules, surroundings);
  addRemove(rules, surroundings);
  addVersions(rules, surroundings);
  addTest(rules, surroundings);
  addNoise(rules, surroundings);
}

function addList(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(rules.command('list').description('list the rules in force'))
    .option('--kind <kind>', 'of this kind of device')
    .option('--coop <id...>', 'that may be judged for these cooperatives')
    .option('--topic <topic>', 'of this topic')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams();
      for (const name of ['kind', 'topic'] as const) {
        const value = options[name];
        if (value !== undefined) query.set(name, value);
      }
      for (const coop of options.coop ?? []) query.append('coop', coop);
      const items = await listRules(clientOf(options, surroundings), query);
      if (options.json) return terminal.result(JSON.stringify(items));
      const rows = items.map((rule) => [
        rule.id,
        String(rule.version),
        rule.enabled ? 'on' : 'off',
        rule.severity,
        rule.kind,
        rule.origin,
        String(rule.devices),
        rule.title.en,
      ]);
      const headings = ['rule', 'version', '', 'severity', 'kind', 'from', 'devices', 'title'];
      terminal.result(table(headings, rows));
    });
}

function addShow(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(rules.command('show <id>').description('print a rule as YAML, to be edited and saved'))
    .option('-o, --output <file>', 'file to write it into')
    .action(async (id: string, options: ClientOptions & { output?: string }) => {
      const { origin, devices, remarks, ...rule } = await findRule(
        clientOf(options, surroundings),
        id,
      );
      const text = options.json ? JSON.stringify(rule) : writeYaml(rule).trimEnd();
      if (options.output === undefined) terminal.result(text);
      else writeFileSync(options.output, `${text}\n`);
      if (options.json) return;
      const from = origin === 'kind' ? `comes with ${rule.kind}` : 'saved here';
      terminal.note(`${from}; judged for ${devices} devices now`);
      for (const remark of remarks) terminal.note(remark);
    });
}

function addSave(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(rules.command('save <file>').description('save a rule from YAML or JSON'))
    .option('--dry-run', 'only say whether the server would take it')
    .action(async (file: string, options: ClientOptions & { dryRun?: boolean }) => {
      const rule = readRuleFile(file);
      const client = clientOf(options, surroundings);
      const known = (await listRules(client)).find(({ id }) => id === rule.id);
      const [method, route]: readonly [string, string] =
        known === undefined ? ['POST', '/rules'] : ['PUT', routeOf(rule.id)];
      if (options.dryRun) {
        await client.call(method, `${route}?check=true`, rule);
        if (options.json) return terminal.result(JSON.stringify({ rule: rule.id, ok: true }));
        const does = known === undefined ? 'would be new' : `would follow version ${known.version}`;
        return terminal.result(`${rule.id} can be saved; it ${does}`);
      }
      const saved = await client.call<AnsweredRule>(method, route, rule);
      if (options.json) return terminal.result(JSON.stringify(saved));
      const { id, version, devices } = saved;
      terminal.result(`${id} is saved as version ${version}, judged for ${devices} devices now`);
      for (const remark of saved.remarks) terminal.note(remark);
    });
}

function addRemove(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    rules.command('remove <id>').description("take a saved rule back; the kind's own stands again"),
  ).action(async (id: string, options: ClientOptions) => {
    const client = clientOf(options, surroundings);
    await findRule(client, id);
    await client.call('DELETE', routeOf(id));
    const now = (await listRules(client)).find((rule) => rule.id === id);
    if (options.json) return terminal.result(JSON.stringify({ removed: id, now: now ?? null }));
    const left = now === undefined ? '' : `; that of ${now.kind} stands again`;
    terminal.result(`${id} was removed${left}`);
  });
}

function addVersions(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(rules.command('versions <id>').description('who saved a rule, and when; newest first'))
    .option('--yaml <version>', 'print the rule as that version was')
    .action(async (id: string, options: ClientOptions & { yaml?: string }) => {
      const client = clientOf(options, surroundings);
      const { items } = await client
        .call<{ items: AnsweredVersion[] }>('GET', `${routeOf(id)}/versions`)
        .catch((error: unknown) => suggest(client, id, error));
      if (options.yaml !== undefined) {
        return terminal.result(writeYaml(versionOf(items, id, options.yaml)).trimEnd());
      }
      if (options.json) return terminal.result(JSON.stringify(items));
      const rows = items.map(({ rule, savedAt, savedBy, removed }) => [
        String(rule.version),
        savedAt,
        savedBy,
        removed ? 'removed' : 'saved',
      ]);
      terminal.result(table(['version', 'at', 'by', ''], rows));
      if (items.length === 0) terminal.note(`${id} is as its kind has it: nobody changed it`);
    });
}

function versionOf(items: readonly AnsweredVersion[], id: string, version: string): Rule {
  const found = items.find(({ rule }) => String(rule.version) === version);
  if (found !== undefined) return found.rule;
  throw new AppError('USAGE', `${id} has no version ${version}`, {
    hint: `It has ${items.map(({ rule }) => rule.version).join(', ') || 'none that was saved'}.`,
  });
}

function routeOf(id: string): string {
  return `/rules/${encodeURIComponent(id)}`;
}

async function listRules(client: Client, query?: URLSearchParams): Promise<AnsweredRule[]> {
  const { items } = await client.call<{ items: AnsweredRule[] }>(
    'GET',
    query === undefined ? '/rules' : `/rules?${query}`,
  );
  return items;
}

function findRule(client: Client, id: string): Promise<AnsweredRule> {
  return client
    .call<AnsweredRule>('GET', routeOf(id))
    .catch((error: unknown) => suggest(client, id, error));
}

/** Throws again, for a rule that is not there with the one that was probably meant. */
async function suggest(client: Client, id: string, error: unknown): Promise<never> {
  if (!(error instanceof AppError) || error.code !== 'RULE_NOT_FOUND') throw error;
  const ids = (await listRules(client)).map((rule) => rule.id);
  const meant = nearest(id, ids);
  const hint = meant === undefined ? '"sluice rules list" names them.' : `Did you mean ${meant}?`;
  throw new AppError('RULE_NOT_FOUND', `there is no rule ${id}`, { hint });
}
