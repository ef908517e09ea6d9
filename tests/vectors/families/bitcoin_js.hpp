// What the areas of bitcoinjs-lib's fixtures share: its script texts, networks and rules.
#pragma once

#include <stdexcept>

#include "models/parts/bitcoin/address.hpp"
#include "tests/vectors/runner/runner.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {

/// The member `key` in plain assembly, or `keyHex`.
Bytes js_script(const Json& object, const char* key);
/// "bitcoin", "testnet", "regtest", "litecoin".
const bitcoin::Network& js_network(std::string_view name);
/// Does bitcoinjs-lib give an address for it? None for taproot keys off the curve and for version 1
/// programs of other sizes.
bool js_addressable(ByteView script);
/// Judges the elements of a list, named `name`/1 and on.
void each_member(const Run& run, Report& report, const Json& tests, const std::string& name,
                 const std::function<std::string(const Json&)>& body);

/// A payment that contradicts itself or says too little.
struct RefusedPayment : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Empty if every member of `want` is so in `got`; null: not there.
std::string compare_payment(const Json& got, const Json& want);
/// A payment has what it was made from, too.
Json with_given(Json payment, const Json& args);

}  // namespace ledgerlab::vectors
