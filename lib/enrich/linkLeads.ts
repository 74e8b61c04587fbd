import { toEpochMs, toIso } from '../domain/chinaTime.ts';
import type { LeadRecord } from '../domain/leadRecord.ts';
import type { LeadsStore } from './stores.ts';

/** A pushed and a pulled lead share no id; closer than this, one phone and one series make them one wish. */
const SAME_WITHIN_MS = 7 * 24 * 3600 * 1000;

/**
 * Links the lead with every other of the same phone and series created within 7 days, in both directions.
 * @param indexes every blind index of its phone: two while their key is rotated
 */
export async function linkLeads(
  lead: Pick<LeadRecord, 'leadId' | 'seriesName' | 'createdAt'>,
  leads: Pick<LeadsStore, 'byPhone' | 'link'>,
  indexes: readonly string[],
): Promise<void> {
  const series = seriesKey(lead.seriesName);
  if (series === undefined) return;
  const createdAt = toEpochMs(lead.createdAt);
  const [from, to] = [toIso(createdAt - SAME_WITHIN_MS), toIso(createdAt + SAME_WITHIN_MS)];
  for (const phoneIndex of indexes) {
    for (const other of await leads.byPhone(phoneIndex, from, to)) {
      if (other.leadId === lead.leadId || seriesKey(other.seriesName) !== series) continue;
      await leads.link(lead.leadId, other.leadId);
      await leads.link(other.leadId, lead.leadId);
    }
  }
}

/** People at two desks spell one series: width, case and blanks do not count. */
function seriesKey(name: string | undefined): string | undefined {
  const key = name?.normalize('NFKC').replaceAll(/\s+/g, '').toLowerCase();
  return key === '' ? undefined : key;
}
