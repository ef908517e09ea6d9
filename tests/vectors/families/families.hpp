// The list of areas: each is one .cpp in this folder and exports its families. The first glob that
// matches an INDEX path takes it, so the last area has the reasons for what nobody runs.
#pragma once

#include <span>

#include "tests/vectors/runner/runner.hpp"

namespace ledgerlab::vectors {

std::span<const Family> bitcoin_script_families();
std::span<const Family> curve_families();
std::span<const Family> ethereum_chain_families();
std::span<const Family> ethereum_genesis_families();
std::span<const Family> ethereum_state_families();
std::span<const Family> ethereum_transaction_families();
std::span<const Family> hash_families();
std::span<const Family> ics23_families();
std::span<const Family> key_families();
std::span<const Family> musig2_families();
std::span<const Family> pairing_families();
std::span<const Family> proof_families();
std::span<const Family> bitcoin_js_families();
std::span<const Family> bitcoin_p2tr_families();
std::span<const Family> bitcoin_payment_families();
std::span<const Family> bitcoin_psbt_families();
std::span<const Family> bitcoin_text_families();
std::span<const Family> rlp_families();
std::span<const Family> sm2_families();
std::span<const Family> trie_families();
std::span<const Family> vm_families();
std::span<const Family> vrf_families();
std::span<const Family> unsupported_families();
std::span<const Family> wycheproof_families();

// clang-format off
inline constexpr std::span<const Family> (*areas[])() = {
    bitcoin_script_families,
    curve_families,
    ethereum_chain_families,
    ethereum_genesis_families,
    ethereum_state_families,
    ethereum_transaction_families,
    hash_families,
    ics23_families,
    key_families,
    musig2_families,
    pairing_families,
    proof_families,
    bitcoin_js_families,
    bitcoin_p2tr_families,
    bitcoin_payment_families,
    bitcoin_psbt_families,
    bitcoin_text_families,
    rlp_families,
    sm2_families,
    trie_families,
    vm_families,
    vrf_families,
    wycheproof_families,  // all of wycheproof/ that no area above took
    unsupported_families,
};
// clang-format on

}  // namespace ledgerlab::vectors
