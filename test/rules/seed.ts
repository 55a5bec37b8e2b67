/** Names the run of a random test: printed by its title, taken back from `SEED`. */
export const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
