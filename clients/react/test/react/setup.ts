// What is waited for may take longer than the library's second on a machine that others use too.

import { configure } from '@testing-library/react';

configure({ asyncUtilTimeout: 10_000 });
