/** Tests with real servers and processes may take this long unless they say otherwise. */
jest.setTimeout(120_000);
