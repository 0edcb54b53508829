// One blob -> the scene: u32 header length, JSON, arrays. {"$": [type, offset, shape]} stands for an array.
const TYPES = {f4: Float32Array, u1: Uint8Array};

export function unpack(blob) {
  const bytes = blob instanceof Uint8Array ? blob : new Uint8Array(blob);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const body = bytes.slice(4 + length).buffer;
  const scene = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const arrays = new Map();                              // an array named twice is one object
  const array = (type, offset, shape) => {
    const flat = new TYPES[type](body, offset, shape.reduce((a, b) => a * b, 1));
    if (shape.length < 2) return flat;
    const width = flat.length / (shape[0] || 1);
    return Array.from({length: shape[0]}, (_, i) => flat.subarray(i * width, (i + 1) * width));
  };
  const fill = value => {
    if (!value || typeof value !== 'object') return value;
    if (value.$) {
      const name = value.$.join();
      if (!arrays.has(name)) arrays.set(name, array(...value.$));
      return arrays.get(name);
    }
    for (const name in value) value[name] = fill(value[name]);
    return value;
  };
  return fill(scene);
}
