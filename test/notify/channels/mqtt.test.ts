import { expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import { alert, checkAddress, message, openStage } from './stage.ts';

const SIREN = 'an-binh/siren-1';

test('the siren gets a command that carries its end', async () => {
  const stage = await openStage('mqtt', { MAX_SECONDS: '90' });
  expect(await stage.send(SIREN)).toEqual({ state: 'sent', answer: 'on for at most 90 s' });
  expect(stage.published.map(({ topic }) => topic)).toEqual(['sluice/v1/an-binh/siren-1/command']);
  expect(JSON.parse(stage.published[0]?.payload ?? '')).toEqual({
    id: message.key,
    action: 'on',
    maxSeconds: 90,
    notAfter: '2026-11-22T20:02:00.000Z',
  });
});

test('a test is short; an end is silent', async () => {
  const stage = await openStage('mqtt', {});
  expect(await stage.send(SIREN, { alerts: [] })).toMatchObject({ answer: 'on for at most 5 s' });
  const over = { ...alert, state: 'resolved' as const };
  expect(await stage.send(SIREN, { alerts: [over] })).toMatchObject({ state: 'sent' });
  expect(stage.published).toHaveLength(1);
  await stage.send(SIREN, { alerts: [over, alert] });
  expect(stage.published).toHaveLength(2);
});

test('alerts of one cooperative do not sound in another', async () => {
  const stage = await openStage('mqtt', {});
  expect(await stage.send('hoa-binh/siren-1')).toMatchObject({ state: 'refused' });
  expect(stage.published).toEqual([]);
});

test('a siren that is away is tried again, one that does not exist is not', async () => {
  const stage = await openStage('mqtt', {});
  stage.publish = async () => {
    throw new AppError('SIREN_SILENT', 'siren-1 is not connected or does not listen');
  };
  expect(await stage.send(SIREN)).toMatchObject({ state: 'retry', reason: /not connected/ });
  stage.publish = async () => {
    throw new AppError('SIREN_UNKNOWN', 'no device listens');
  };
  expect(await stage.send(SIREN)).toMatchObject({ state: 'refused' });
});

test('addresses and settings', async () => {
  expect(await checkAddress('mqtt', SIREN)).toBeNull();
  for (const wrong of ['siren-1', 'an-binh/+', '#/siren', 'an-binh/siren-1/command', '']) {
    expect(await checkAddress('mqtt', wrong), wrong).toMatch(/cooperative/);
  }
  await expect(openStage('mqtt', { MAX_SECONDS: '0' })).rejects.toThrow(/MAX_SECONDS/);
});
