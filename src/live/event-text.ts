import { z } from 'zod';
import { alertSchema } from '../../schemas/alert.ts';
import { commandSchema } from '../../schemas/command.ts';
import type { LiveEvent, ObservationEvent } from '../contracts/live.ts';

/** One event in the form of Server-Sent Events, its data as the API's routes would answer it. */
export function eventText(id: string, event: LiveEvent): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${dataText(event)}\n\n`;
}

function dataText(event: LiveEvent): string {
  if (event.type === 'observation') return observationText(event.data);
  if (event.type === 'alert') return JSON.stringify(z.encode(alertSchema, event.data));
  if (event.type === 'command') return JSON.stringify(z.encode(commandSchema, event.data));
  return JSON.stringify(event.data);
}

function observationText(data: ObservationEvent): string {
  return JSON.stringify({
    device: data.device,
    site: data.site,
    coop: data.coop,
    kind: data.kind,
    time: new Date(data.time).toISOString(),
    quality: data.quality,
    values: data.values,
  });
}
