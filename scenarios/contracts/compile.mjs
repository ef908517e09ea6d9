// Compiles the Solidity sources of this folder: for NAME/NAME.sol the creation code NAME/NAME.bin,
// the deployed code NAME/NAME.bin-runtime (immutable values are zero in it), hexadecimal, and
// NAME/NAME.abi.json. Run by compile.sh, which brings the pinned compiler.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const solc = createRequire(join(process.cwd(), 'node_modules', '/'))('solc');
const folder = dirname(fileURLToPath(import.meta.url));

for (const name of ['erc20', 'registry', 'escrow', 'heavy']) {
  const base = join(folder, name, name);
  const input = {
    language: 'Solidity',
    sources: { [`${name}.sol`]: { content: readFileSync(`${base}.sol`, 'utf8') } },
    settings: {
      optimizer: { enabled: true, runs: 200 },
      evmVersion: 'paris',  // no PUSH0: the code runs in every fork from Istanbul on
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  for (const error of output.errors ?? []) {
    console.error(error.formattedMessage);
    if (error.severity === 'error') process.exit(1);
  }
  const [contract] = Object.values(output.contracts[`${name}.sol`]);
  writeFileSync(`${base}.bin`, contract.evm.bytecode.object + '\n');
  writeFileSync(`${base}.bin-runtime`, contract.evm.deployedBytecode.object + '\n');
  writeFileSync(`${base}.abi.json`, JSON.stringify(contract.abi, null, 1) + '\n');
}
console.log(solc.version());
