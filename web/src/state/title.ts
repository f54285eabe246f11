import type { Conversation } from '@spool/react';

export const untitled = 'New conversation';

export const titleOf = (conversation: Pick<Conversation, 'title'> | undefined): string => conversation?.title.trim() || untitled;
