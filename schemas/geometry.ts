import { z } from 'zod';
import type { Geometry } from '../src/contracts/state.ts';

/** Points of one geometry: a pond traced by walking around it with a phone has a few hundred. */
const POSITIONS_MAX = 10_000;

/** RFC 7946, 3.1.1: longitude, latitude, and altitude when known. WGS 84, degrees and metres. */
const position = z
  .union([
    z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]),
    z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90), z.number()]),
  ])
  .describe('[longitude, latitude] or [longitude, latitude, altitude].');

const line = z.array(position).min(2).max(POSITIONS_MAX);

/** RFC 7946, 3.1.6: four or more positions, the last equal to the first. */
const ring = z
  .array(position)
  .min(4)
  .max(POSITIONS_MAX)
  .refine((positions) => String(positions[0]) === String(positions.at(-1)), {
    params: { code: 'RING_OPEN' },
  });

const polygon = z.array(ring).min(1).max(100);

/** A GeoJSON geometry on the map; coordinates are checked against its type. */
export const geometrySchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('Point'), coordinates: position }),
    z.strictObject({
      type: z.literal('MultiPoint'),
      coordinates: z.array(position).max(POSITIONS_MAX),
    }),
    z.strictObject({ type: z.literal('LineString'), coordinates: line }),
    z.strictObject({ type: z.literal('MultiLineString'), coordinates: z.array(line).max(100) }),
    z.strictObject({ type: z.literal('Polygon'), coordinates: polygon }),
    z.strictObject({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon).max(100) }),
  ])
  .describe('GeoJSON (RFC 7946), longitude first.') satisfies z.ZodType<Geometry>;

/** As it is answered: checked when it came in, so it is not checked again. */
export const storedGeometrySchema: z.ZodType<Geometry> = z
  .object({ type: z.string(), coordinates: z.unknown() })
  .meta({ id: 'Geometry' });
