import { deflateRawSync } from 'node:zlib';

/** A zip with one file, which may lie about its size. */
export function zipOf(
  name: string,
  content: Buffer,
  claimed = content.length,
): Buffer {
  const packed = deflateRawSync(content);
  const sizes = (header: Buffer, at: number) => {
    header.writeUInt32LE(packed.length, at);
    header.writeUInt32LE(claimed, at + 4);
    header.writeUInt16LE(name.length, at + 8);
  };
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  sizes(local, 18);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(8, 10);
  sizes(central, 20);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + packed.length, 16);
  return Buffer.concat([
    local,
    Buffer.from(name),
    packed,
    central,
    Buffer.from(name),
    end,
  ]);
}
