// The two crypto suites of a world (DESIGN 13.4): `costed`, an ideal functionality in real bytes,
// and `real`, the libraries. Keys are a pure function of the world's seed and the owner.
#pragma once

#include <memory>

#include "models/api/crypto.hpp"

namespace ledgerlab {

enum class SuiteMode : std::uint8_t { costed, real };
/// lottery: the host mints a ticket when the drawn search time has passed; only it can.
/// nonce: SHA-256d of (header, nonce) must be at or below the target.
enum class WorkMode : std::uint8_t { lottery, nonce };

class WorldSuite : public CryptoSuite {
 public:
  /// The ticket of a search in a lottery world. The host calls this, no module can.
  virtual std::uint64_t mint_ticket(const Hash256& header, const U256& target) = 0;
};

std::unique_ptr<WorldSuite> make_suite(SuiteMode mode, std::uint64_t seed, WorkMode work);

}  // namespace ledgerlab
