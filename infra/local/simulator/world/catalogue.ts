import { at, createRandom, hash32 } from '../random.ts';

/** An item on sale; `askedId` is what orders carry, `answeredId` what the item API calls it. */
export type Item = {
  askedId: string;
  answeredId: string;
  title: string;
  isCar: boolean;
  cid: string;
  outerId: string;
  skuId: bigint;
  skuText: string;
  priceFen: number;
  depositFen: number;
  seriesName: string;
  seriesId: number;
  category: string;
  picture: string;
};

export type Shop = {
  index: number;
  sellerNick: string;
  sellerId: number;
  session: string;
  brandName: string;
  brandId: number;
  shopName: string;
  stores: readonly { id: string; name: string }[];
  cars: readonly Item[];
  accessories: readonly Item[];
  /** Only one shop is told in `info` which categories are cars. */
  tellsCarCids: boolean;
};

export const carCids = ['50990001', '50990002'] as const;

// Invented names; none of them is a car maker.
const brands = ['砚山', '鹭洲', '棠溪', '霁川', '渔阳', '苇航', '槐序', '麦屿', '栎原', '汀兰'] as const;
const models = ['青屿', '白鹭', '北辰', '竹影', '流萤', '望舒'] as const;
const trims = ['标准版', '长续航版', '四驱性能版', '家享七座版'] as const;
const colours = ['月光白', '松石绿', '石墨黑', '珊瑚红'] as const;
const cities = ['城东', '城西', '城南', '城北', '滨江'] as const;
const extras = ['脚垫', '充电枪', '行车记录仪', '遮阳帘', '保养套餐'] as const;

export function createShop(seed: string, index: number): Shop {
  const random = createRandom(`${seed}/shop/${index}`);
  const round = Math.floor(index / brands.length);
  const brandName = `${at(brands, index)}${round === 0 ? '' : round + 1}`;
  const seriesBase = 2000 + index * 10;
  const cars: Item[] = [];
  for (let series = 0; series < 3; series += 1) {
    const price = series === 0 ? random.int(598, 1598) : random.int(1298, 4898);
    for (let trim = 0; trim < 2 + (series % 2); trim += 1) {
      const seriesName = `${at(models, index + series)} ${series + 3}`;
      const number = `${846_000_000_000 + index * 1_000_000 + series * 1000 + trim * 10 + random.int(1, 9)}`;
      // One item in each shop has the newer, alphanumeric form of id.
      const askedId = series === 1 && trim === 0 ? `Sim${brandCode(seed, index)}-vWV70PiBrN${index}` : number;
      cars.push({
        askedId,
        answeredId: series === 2 && trim === 0 ? `${BigInt(number) + 500_000n}` : number,
        title: `${brandName} ${seriesName} 2026款 ${at(trims, trim)} 新能源整车`,
        isCar: true,
        cid: at(carCids, series),
        outerId: `CAR-${index}-${series}-${trim}`,
        skuId: BigInt(5_100_000_000_000 + index * 1000 + series * 10 + trim),
        skuText: `车辆版本:${at(trims, trim)};颜色分类:${at(colours, series + trim)};内饰颜色:米色`,
        priceFen: Math.min(48_980_000, price * 10_000 + trim * 1_000_000),
        depositFen: random.pick([9_900, 99_900, 199_900, 500_000]),
        seriesName,
        seriesId: seriesBase + series,
        category: '新车/整车',
        picture: `https://img.example.invalid/car/${index}-${series}-${trim}.jpg`,
      });
    }
  }
  const accessories = extras.map(
    (name, extra): Item => ({
      askedId: `${712_000_000_000 + index * 1_000_000 + extra * 1000 + 7}`,
      answeredId: `${712_000_000_000 + index * 1_000_000 + extra * 1000 + 7}`,
      title: `${brandName} 原厂${name}`,
      isCar: false,
      cid: '50991001',
      outerId: `ACC-${index}-${extra}`,
      skuId: BigInt(4_100_000_000_000 + index * 1000 + extra),
      skuText: '颜色分类:黑色',
      priceFen: random.int(29, 2999) * 100 + random.pick([0, 29, 90, 99]),
      depositFen: 0,
      seriesName: '',
      seriesId: 0,
      category: '汽车用品',
      picture: `https://img.example.invalid/acc/${index}-${extra}.jpg`,
    }),
  );
  return {
    index,
    sellerNick: `${brandName}汽车旗舰店`,
    sellerId: 2_200_000_000 + index * 7919,
    session: `simulator-invented-session-${brandCode(seed, index)}-${index}`,
    brandName,
    brandId: 900 + index,
    shopName: `${brandName}汽车旗舰店`,
    stores: cities.map((city, store) => ({
      id: `${7000 + index * 100 + store}`,
      name: `${brandName}${city}4S店`,
    })),
    cars,
    accessories,
    tellsCarCids: index === 0,
  };
}

function brandCode(seed: string, index: number): string {
  return hash32(`${seed}/brand/${index}`).toString(36);
}
