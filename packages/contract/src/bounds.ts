/*
 * How big an installation may be. The bench `arbiter` measures at these bounds, and docs/scale.md says what they cost.
 */

export const servicesMax = 10_000;
/** Pools and edges that agents look at: three sites for each of as many services, and some channels more. */
export const targetsMax = 50_000;
/** Unit: bytes. A configuration as JSON with its defaults, the form it travels in; some 1,200 for a service of three pools. */
export const configBytesMax = 16_777_216;
/** Unit: bytes. YAML takes its parser 10 s and a gigabyte for what JSON takes in 0.1 s, so a longer text must be JSON. */
export const yamlBytesMax = 1_048_576;
/** Unit: characters. The largest signed payload: a configuration with room for what stands around it. */
export const payloadMax = configBytesMax + 4_194_304;
