import { styleText } from 'node:util';

/** Colours that keep their meaning: red needs a person, yellow waits, green is well, dim is beside the point. */
export type Paint = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
};

const COLOURS = ['bold', 'dim', 'red', 'yellow', 'green', 'cyan'] as const;

/** Texts in colour, or as they are. */
export function createPaint(inColour: boolean): Paint {
  const [bold, dim, red, yellow, green, cyan] = COLOURS.map(
    (colour) => (text: string) => (inColour ? styleText(colour, text, { validateStream: false }) : text),
  );
  const plain = (text: string): string => text;
  return {
    bold: bold ?? plain,
    dim: dim ?? plain,
    red: red ?? plain,
    yellow: yellow ?? plain,
    green: green ?? plain,
    cyan: cyan ?? plain,
  };
}

/** Colour only on a terminal that shows it and whose user wants it (no-color.org). */
export function wantsColour(
  stream: { readonly isTTY?: boolean | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}
