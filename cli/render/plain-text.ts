// Text that came from elsewhere (logs, images, error messages of others) without anything that could steer a terminal.

// CSI, OSC, DCS and other string sequences, then two-byte escapes, then single control characters and C1.
const SEQUENCES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?/g
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
// Marks that turn the direction of text can make a line read as another one.
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g

/** Tabs and line ends stay; a carriage return goes, so that no line can overwrite itself. */
export const plainText = (text: string): string =>
  text.replaceAll(SEQUENCES, '').replaceAll(CONTROLS, '').replaceAll(DIRECTIONS, '')

/** The same on one line. */
export const oneLine = (text: string): string =>
  plainText(text)
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
