// How a chain lies in a store: which key of which class holds what. Numbers in keys are big endian,
// so that a visit goes up; versions of one state entry are counted down, so that a visit from a
// height finds the version that holds there.
//
//   class        key                            value
//   block        h number                       hash, total difficulty, header in RLP
//   block        i hash                         number
//   block        b number                       body: the other items of the block's RLP list
//   transaction  t hash                         number, position
//   transaction  r number                       receipts: RLP list of their encodings
//   account      a path ~number                 leaf of the account from this block on; empty: none
//   account      s path slot ~number            leaf of the word from this block on; empty: none
//   account      c number                       what the block changed: paths, or paths and slots
//   code         hash                           code
//   status       status                         Status
//   status       unfinished                     there while a restore or conversion is on its way
//   private_account  address                    keystore file
#pragma once

#include <functional>

#include "models/api/storage.hpp"

namespace ledgerlab::chainstore {

inline Bytes big_endian(std::uint64_t number) {
  Bytes out(8);
  for (unsigned i = 0; i < 8; ++i) out[7 - i] = static_cast<Byte>(number >> 8 * i);
  return out;
}
inline std::uint64_t number_at(ByteView bytes) {
  std::uint64_t number = 0;
  for (unsigned i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return number;
}
inline Bytes joined(Byte letter, ByteView a, ByteView b = {}) {
  Bytes out{letter};
  out.insert(out.end(), a.begin(), a.end());
  out.insert(out.end(), b.begin(), b.end());
  return out;
}
inline Bytes number_key(Byte letter, std::uint64_t number) {
  return joined(letter, big_endian(number));
}
/// `item`: a path of an account (32 bytes) or with that of a slot behind it (64).
inline Bytes state_key(ByteView item, std::uint64_t number) {
  return joined(item.size() == 32 ? 'a' : 's', item, big_endian(~number));
}
inline ByteView item_of(ByteView state_key) { return state_key.subspan(1, state_key.size() - 9); }
inline std::uint64_t version_of(ByteView state_key) { return ~number_at(state_key.last(8)); }

/// The accounts ('a') or words ('s') as of `height`, in the order of their paths.
void visit_version(Store& store, Byte letter, std::uint64_t height,
                   const std::function<void(ByteView item, ByteView value)>& visitor);

inline const Bytes status_key = {'s', 't', 'a', 't', 'u', 's'};
inline const Bytes unfinished_key = {'u', 'n', 'f', 'i', 'n', 'i', 's', 'h', 'e', 'd'};

}  // namespace ledgerlab::chainstore
