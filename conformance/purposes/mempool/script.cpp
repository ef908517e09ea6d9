#include "conformance/purposes/mempool/script.hpp"

#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::conformance {
namespace {

/// First those that pay most, so that whatever is handed out for blocks early is none of the rest;
/// then the rest, fees from 1 up in an order without pattern.
std::vector<Line> burst_lines() {
  std::vector<Line> lines;
  for (std::uint32_t i = 0; i < burst_first; ++i) {
    Line line{ms(0), i % script_clients, i, 0, burst_all, 1, 1'000'000 - i};
    line.fate = Fate::crowded;
    lines.push_back(line);
  }
  constexpr std::uint32_t rest = burst_all - burst_first;
  for (std::uint32_t i = 0; i < rest; ++i) {
    // 97 and 240 have no common factor: every fee comes once.
    const std::uint64_t fee = 1 + i * 97 % rest;
    Line line{ms(20), i % script_clients, burst_first + i, 0, burst_all, 1, fee};
    line.fate = Fate::crowded;
    lines.push_back(line);
  }
  return lines;
}

std::vector<Line> spend_lines(std::uint64_t balance) {
  constexpr AccountIndex payee = 60;
  constexpr std::uint64_t fee = 5;
  const std::uint64_t most = balance - fee;
  std::vector<Line> lines;
  AccountIndex payer = 0;
  for (std::uint32_t turn = 0; turn < 8; ++turn) {
    const std::uint32_t a = turn % script_clients;
    const std::uint32_t b = (turn + 1) % script_clients;
    const Duration at = ms(200) * static_cast<int>(turn);
    lines.push_back({at, a, payer++, 0, payee, most, fee, Fate::final});
    lines.push_back({at, a, payer++, 0, payee, most + 1, fee, Fate::unaffordable});
    // Twice the same nonce, through two nodes in the same instant.
    lines.push_back({at, a, payer, 0, payee, most / 10 * 7, fee, Fate::one_of, payer});
    lines.push_back({at, b, payer, 0, payee + 1, most / 10 * 7, fee, Fate::one_of, payer});
    ++payer;
    // Two nonces, each affordable, not both.
    lines.push_back({at, a, payer, 0, payee, most / 10 * 6, fee, Fate::one_of, payer});
    lines.push_back({at, a, payer, 1, payee, most / 10 * 6, fee, Fate::one_of, payer});
    ++payer;
  }
  return lines;
}

std::vector<Line> nonce_lines(Duration settle) {
  constexpr AccountIndex payee = 60;
  std::vector<Line> lines;
  AccountIndex payer = 0;
  for (std::uint32_t turn = 0; turn < 6; ++turn) {
    const std::uint32_t a = turn % script_clients;
    const std::uint32_t b = (turn + 1) % script_clients;
    const Duration at = ms(150) * static_cast<int>(turn);
    const auto add = [&](Duration when, std::uint32_t client, std::uint64_t nonce, Fate fate,
                         std::uint32_t group = 0, Duration again = {}) {
      lines.push_back({at + when, client, payer, nonce, payee, 10 + lines.size(), 2, fate, group,
                       again});
    };
    add({}, a, 0, Fate::final);  // used, and used again once it is final
    add(settle, b, 0, Fate::nonce_used);
    ++payer;
    add({}, a, 0, Fate::repeated, 0, settle);  // the very same, again
    ++payer;
    add({}, a, 1, Fate::final);  // its predecessor comes later
    add(settle / 2, b, 0, Fate::final);
    ++payer;
    add({}, a, 5, Fate::waits);  // its predecessors never come
    ++payer;
    add({}, a, 5000, Fate::too_far);
    ++payer;
    add({}, a, 0, Fate::one_of, payer);  // two of one nonce through two nodes
    add({}, b, 0, Fate::one_of, payer);
    ++payer;
  }
  return lines;
}

/// Honest payments of 100 with a fee of 10, in a flood of ten times as many that are underpriced or
/// that nobody can pay.
std::vector<Line> flood_lines(std::uint64_t balance) {
  std::vector<Line> lines;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const Duration at = ms(50) * static_cast<int>(i);
    lines.push_back({at, i % script_clients, i, 0, 900, 100, 10, Fate::final});
    for (std::uint32_t j = 0; j < 10; ++j) {
      const AccountIndex payer = 200 + (i * 10 + j) % 600;
      const std::uint64_t nonce = 0;
      const bool poor = j % 2 == 0;
      lines.push_back({at + ms(4) * static_cast<int>(j), (i + j) % script_clients, payer, nonce,
                       901, poor ? balance : i * 10 + j, poor ? 10u : 0u,
                       poor ? Fate::unaffordable : Fate::crowded});
    }
  }
  return lines;
}

}  // namespace

std::vector<Line> script_lines(const std::string& script, std::uint64_t balance, Duration settle) {
  if (script == "burst") return burst_lines();
  if (script == "spend") return spend_lines(balance);
  if (script == "nonces") return nonce_lines(settle);
  return flood_lines(balance);
}

std::optional<std::size_t> mark_of(const Transaction& transaction) {
  const SignedTransfer* transfer = decode_transfer(transaction);
  if (!transfer || transfer->transfer.data.size() != 9 || transfer->transfer.data[0] != 's') {
    return {};
  }
  std::size_t mark = 0;
  for (std::size_t i = 1; i < 9; ++i) mark = mark << 8 | transfer->transfer.data[i];
  return mark;
}

}  // namespace ledgerlab::conformance
