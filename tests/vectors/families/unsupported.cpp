// Families that no module of ledgerlab can answer. The reasons are printed with the counts.
#include "tests/vectors/families/families.hpp"

namespace ledgerlab::vectors {
namespace {

constexpr std::string_view x509 = "no module of ledgerlab validates X.509 certificates yet";
constexpr std::string_view did = "no module of ledgerlab reads decentralised identifiers yet";
constexpr std::string_view vc = "no module of ledgerlab signs verifiable credentials yet";
constexpr std::string_view rpc = "no module of ledgerlab answers JSON-RPC yet";
constexpr std::string_view raft =
    "scripts of etcd's own interface and log text, which ledgerlab's Raft does not have";
constexpr std::string_view light = "no module of ledgerlab is a Tendermint light client yet";

constexpr Family families[] = {
    {"botan/src/tests/data/x509/*", nullptr, x509},
    {"tongsuo/test/certs", nullptr, x509},
    {"fabric/msp/*", nullptr, x509},
    {"did-*", nullptr, did},
    {"vc-*", nullptr, vc},
    {"exec-apis/*", nullptr, rpc},
    {"besu/*/jsonrpc/engine", nullptr, rpc},
    {"tmrs/rpc/*", nullptr, rpc},
    {"tmrs/light-client/*", nullptr, light},
    {"raft/tla/*", nullptr, raft},
    {"raft/testdata*", nullptr, raft},
    {"raft/confchange/*", nullptr, raft},
};

}  // namespace

std::span<const Family> unsupported_families() { return families; }

}  // namespace ledgerlab::vectors
