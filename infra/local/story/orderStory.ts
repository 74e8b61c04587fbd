import type { AdLine } from '../../../lib/domain/adLine.ts';
import type { Reveal } from '../../../lib/domain/exportForm.ts';
import type { LeadRecord } from '../../../lib/domain/leadRecord.ts';
import { type OrderRecord, STEPS } from '../../../lib/domain/order.ts';
import type { Sealed } from '../../../lib/domain/personal.ts';
import type { Due } from '../../../lib/store/duesTable.ts';
import { facetsOf, type StoryFacet } from './storyFacets.ts';

/** An order as a person asks for it. Personal values are masks unless they were revealed. */
export type OrderStory = {
  readonly orderId: string;
  readonly shop: string;
  readonly status: string;
  readonly title: string | null;
  readonly createdAt: string | null;
  readonly firstSeenAt: string;
  /** When its trade was listed last in a new version. */
  readonly observedAt: string | null;
  readonly rev: number;
  readonly facets: readonly StoryFacet[];
  readonly money: readonly { readonly name: string; readonly fen: number }[];
  readonly stages: readonly {
    readonly no: number | null;
    readonly name: string;
    readonly fen: number | null;
    readonly paidFen: number | null;
    readonly status: string;
  }[];
  readonly store: string | null;
  readonly person: readonly Fact[];
  readonly lead: LeadStory | null;
  readonly adLines: readonly {
    readonly clickAt: string | null;
    readonly channel: string;
    readonly campaignId: string | null;
    readonly status: string;
    readonly payFen: number | null;
    readonly observedAt: string;
  }[];
  readonly owes: readonly string[];
  readonly gaps: readonly { readonly step: string; readonly reason: string }[];
  readonly dues: readonly Pick<Due, 'reason' | 'dueAt' | 'attempts'>[];
};

export type Fact = { readonly name: string; readonly value: string };

export type LeadStory = { readonly leadId: string; readonly facts: readonly Fact[] };

export type StoryParts = {
  readonly order: OrderRecord;
  readonly lead: LeadRecord | undefined;
  readonly lines: readonly AdLine[];
  readonly dues: readonly Due[];
  /** Shows personal values of the order and of the lead; default: their masks. */
  readonly reveal?: { readonly order?: Reveal | undefined; readonly lead?: Reveal | undefined };
};

const mask: Reveal = (sealed) => sealed.mask;

/** Tells an order's story from its stored parts. Pure. */
export function tellOrder({ order, lead, lines, dues, reveal = {} }: StoryParts): OrderStory {
  const { trade, car, items = {} } = order;
  const store = car?.subOrders.find((subOrder) => subOrder.bookedStoreName !== undefined);
  const itemTitle = Object.values(items).find((item) => item.title !== undefined)?.title;
  return {
    orderId: order.orderId,
    shop: order.shop,
    status: order.status ?? trade?.statusCode ?? 'trade not seen yet',
    title: trade?.subOrders[0]?.title ?? itemTitle ?? trade?.title ?? null,
    createdAt: order.createdAt ?? trade?.createdAt ?? null,
    firstSeenAt: order.firstSeenAt,
    observedAt: order.tradeObservedAt ?? null,
    rev: order.rev,
    facets: facetsOf(order),
    money: moneyOf(order),
    stages: (car?.payment?.stages ?? []).map((stage) => ({
      no: stage.stageNo ?? null,
      name: stage.stageName ?? '',
      fen: stage.payFen ?? null,
      paidFen: stage.actualPayFen ?? null,
      status: stage.payStatus ?? String(stage.payStatusCode ?? ''),
    })),
    store: store?.bookedStoreName ?? null,
    person: personOf(order, reveal.order ?? mask),
    lead: lead === undefined ? null : tellLead(lead, reveal.lead),
    adLines: lines
      .map((line) => ({
        clickAt: line.clickAt ?? null,
        channel: line.channel ?? line.channelId ?? '',
        campaignId: line.campaignId ?? null,
        status: line.status ?? String(line.statusCode),
        payFen: line.payFen ?? null,
        observedAt: line.observedAt,
      }))
      .sort((a, b) => ((a.clickAt ?? '') < (b.clickAt ?? '') ? -1 : 1)),
    owes: STEPS.filter((step) => order.owes.includes(step)),
    gaps: STEPS.flatMap((step) => {
      const reason = order.gaps[step];
      return reason === undefined ? [] : [{ step, reason }];
    }),
    dues: dues
      .map(({ reason, dueAt, attempts }) => ({ reason, dueAt, attempts }))
      .sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1)),
  };
}

/** A lead's part of the story. Pure. */
export function tellLead(lead: LeadRecord, show: Reveal = mask): LeadStory {
  return { leadId: lead.leadId, facts: leadFacts(lead, show) };
}

function moneyOf({ trade, car }: OrderRecord): OrderStory['money'] {
  const amounts: [string, number | undefined][] = [
    ['list price', trade?.totalFen],
    ['discount', trade?.discountFen],
    ['to pay', trade?.paymentFen],
    ['paid in stages', trade?.stepPaidFen],
    ['paid for the car', car?.actualPaidFen],
  ];
  return amounts.flatMap(([name, fen]) => (fen === undefined ? [] : [{ name, fen }]));
}

function personOf({ car }: OrderRecord, show: Reveal): Fact[] {
  if (!car) return [];
  return sealedFacts(
    [
      ['name', car.buyerNameSealed],
      ['phone', car.buyerPhoneSealed],
      ['identity', car.buyerIdentitySealed],
      ['nick', car.buyerNickSealed],
      ['address', car.deliveryAddressSealed],
    ],
    show,
  );
}

function leadFacts(lead: LeadRecord, show: Reveal): Fact[] {
  const plain: [string, string | undefined][] = [
    ['source', lead.source],
    ['created', lead.createdAt],
    ['observed', lead.observedAt],
    ['brand', lead.brandName],
    ['series', lead.seriesName],
    ['item', lead.itemTitle],
    ['type', lead.leadType],
    ['order status', lead.orderStatus],
    ['store', lead.storeCode ?? lead.storeId],
    ['same person as', lead.sameAs === undefined ? undefined : [...lead.sameAs].sort().join(', ')],
  ];
  const person = sealedFacts(
    [
      ['name', lead.nameSealed],
      ['phone', lead.phoneSealed],
      ['address', lead.addressSealed],
    ],
    show,
  );
  return [...person, ...plain.flatMap(([name, value]) => (value ? [{ name, value }] : []))];
}

function sealedFacts(values: readonly (readonly [string, Sealed | undefined])[], show: Reveal): Fact[] {
  return values.flatMap(([name, sealed]) => (sealed === undefined ? [] : [{ name, value: show(sealed) }]));
}
