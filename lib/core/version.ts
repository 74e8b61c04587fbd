/** carferry's version, as in package.json (a test compares them): bundled functions have no package.json. */
export const VERSION = '0.1.0';
