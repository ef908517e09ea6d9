#include "models/contract/process/sdk.hpp"

namespace ledgerlab::process {

std::string_view python_sdk() {
  return R"py(import os as _os
VERSION = 1
class Refused(Exception): pass
def _send(body):
    body = len(body).to_bytes(4, "big") + body
    while body: body = body[_os.write(0, body):]
def _exact(size):
    out = b""
    while len(out) < size:
        part = _os.read(0, size - len(out))
        if not part: _os._exit(0)
        out += part
    return out
def _receive(): return _exact(int.from_bytes(_exact(4), "big"))
def _text(data): return len(data).to_bytes(4, "big") + data
def _bytes(value):
    if isinstance(value, str): return value.encode()
    if isinstance(value, int): return value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes(value)
def _ask(body):
    _send(body)
    answer = _receive()
    return answer[1] == 1, answer[6:]
def get(key):
    there, value = _ask(b"G" + _text(_bytes(key)))
    return value if there else None
def get_number(key): return int.from_bytes(get(key) or b"", "big")
def set(key, value): _ask(b"S" + _text(_bytes(key)) + _text(_bytes(value)))
def balance(account): return int.from_bytes(_ask(b"B" + account)[1], "big")
def call(to, value=0, data=b"", gas=2**63 - 1):
    return _ask(b"C" + to + value.to_bytes(32, "big") + gas.to_bytes(8, "big") + _text(data))
def keccak(data): return _ask(b"H" + _text(data))[1]
def encode(signature, *values): return keccak(signature.encode())[:4] + _encode(values)
def require(fine, reason=""):
    if not fine: raise Refused(reason)
def _word(value):
    if isinstance(value, bool): return int(value).to_bytes(32, "big")
    if isinstance(value, int):
        require(0 <= value < 2**256, "arithmetic overflow")
        return value.to_bytes(32, "big")
    return value.rjust(32, b"\0") if len(value) == 20 else value
def _encode(values):
    head, tail = b"", b""
    for value in values:
        if isinstance(value, (int, bool)) or len(value) in (20, 32): head += _word(value)
        else:
            head += (32 * len(values) + len(tail)).to_bytes(32, "big")
            tail += len(value).to_bytes(32, "big") + value + bytes(-len(value) % 32)
    return head + tail
def emit(signature, indexed, *values):
    topics = [keccak(signature.encode())] + [_word(value) for value in values[:indexed]]
    _ask(b"L" + bytes([len(topics)]) + b"".join(topics) + _text(_encode(values[indexed:])))
class msg: pass
class block: pass
def _decode(signature, data):
    kinds = signature[signature.index("(") + 1:-1]
    out = []
    for at, kind in enumerate(kinds.split(",") if kinds else []):
        word = data[32 * at:32 * at + 32]
        if kind == "address": out.append(word[12:])
        elif kind == "bool": out.append(word[31] == 1)
        elif kind.startswith("uint"): out.append(int.from_bytes(word, "big"))
        elif kind in ("bytes", "string"):
            start = int.from_bytes(word, "big")
            size = int.from_bytes(data[start:start + 32], "big")
            out.append(data[start + 32:start + 32 + size])
        else: out.append(word)
    return out
def serve(methods):
    names = list(methods)
    _send(b"V" + bytes([VERSION]) + len(names).to_bytes(4, "big") +
          b"".join(_text(name.encode()) for name in names))
    while True:
        body = _receive()
        msg.static, msg.depth = body[1] == 1, int.from_bytes(body[2:6], "big")
        msg.sender, msg.self, msg.origin = body[6:26], body[26:46], body[46:66]
        msg.value, msg.gas = int.from_bytes(body[66:98], "big"), int.from_bytes(body[98:106], "big")
        block.number = int.from_bytes(body[106:114], "big")
        block.timestamp = int.from_bytes(body[114:122], "big")
        name = names[int.from_bytes(body[122:126], "big")]
        try:
            out = methods[name](*_decode(name, body[130:])) if "(" in name else methods[name]()
            values = () if out is None else out if isinstance(out, tuple) else (out,)
            _send(b"R\0" + _text(_encode(values)))
        except Refused as refusal: _send(b"R\1" + _text(str(refusal).encode()))
        except Exception as error: _send(b"R\2" + _text(repr(error).encode()[:1000]))
)py";
}

}  // namespace ledgerlab::process
