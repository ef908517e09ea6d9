#include "models/parts/suite/suite.hpp"

#include <array>

#include "models/codec/codec.hpp"
#include "models/crypto/hash128.hpp"
#include "models/parts/suite/suites.hpp"

namespace ledgerlab {

std::uint64_t ticket(const Hash256& secret, const Hash256& header, const U256& target) {
  std::array<Byte, 128> room;
  codec::Writer writer{std::span<Byte>(room)};
  writer(std::string("work"), secret, header, target);
  return hash128(ByteView(room).first(writer.size())).tag();
}

std::unique_ptr<WorldSuite> make_suite(SuiteMode mode, std::uint64_t seed, WorkMode work) {
  return mode == SuiteMode::real ? make_real_suite(seed, work) : make_costed_suite(seed, work);
}

}  // namespace ledgerlab
