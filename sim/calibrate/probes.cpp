// How each row of the cost table is measured: the operations as the real modules do them, with keys
// and states of their own.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "models/api/effects.hpp"
#include "models/crypto/aead.hpp"
#include "models/crypto/ecvrf.hpp"
#include "models/crypto/hash128.hpp"
#include "models/crypto/hkdf.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/crypto/x25519.hpp"
#include "models/ledger/account/state.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/suite/suite.hpp"
#include "sim/calibrate/contract_probes.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint32_t accounts = 10'000;
constexpr std::size_t small_message = 64;
constexpr std::size_t large_message = 16'384;

std::int64_t cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// What a batch computes goes here, so that no compiler leaves it out.
volatile std::uint64_t keep;

/// Times `operation(i)`, which returns something of its result.
template <typename Operate>
CostBatch timed(Operate operate) {
  return [operate = std::move(operate)](std::size_t count) mutable {
    std::uint64_t sum = 0;
    const std::int64_t begin = cpu_ns();
    for (std::size_t i = 0; i < count; ++i) sum += operate(i);
    const std::int64_t taken = cpu_ns() - begin;
    keep = keep + sum;
    return taken;
  };
}

[[noreturn]] void refuse(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

Ed25519Keypair node_key() { return ed25519_keypair(Ed25519Seed{}); }
Bytes text_of(std::size_t size) {
  Bytes text(size);
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<Byte>(i * 131 + 7);
  return text;
}

CostBatch signing() {
  return timed([key = node_key(), text = text_of(128)](std::size_t i) mutable {
    text[0] = static_cast<Byte>(i);
    return ed25519_sign(key, text).data[0];
  });
}

CostBatch verifying() {
  const Ed25519Keypair key = node_key();
  const Bytes text = text_of(128);
  return timed([key, text, signature = ed25519_sign(key, text)](std::size_t) {
    return ed25519_verify(key.public_key, text, signature) ? 1u : 0u;
  });
}

/// As the real suite tags frames: keyed BLAKE2b, 16 bytes out.
CostBatch tagging() {
  return timed([key = text_of(32), text = text_of(small_message)](std::size_t i) mutable {
    text[0] = static_cast<Byte>(i);
    Byte tag[16];
    crypto_generichash(tag, sizeof tag, text.data(), text.size(), key.data(), key.size());
    return tag[0];
  });
}

CostBatch agreeing() {
  X25519Secret secret;
  secret.data[3] = 9;
  return timed([secret, share = x25519_share(secret)](std::size_t i) mutable {
    secret.data[0] = static_cast<Byte>(i);
    return x25519(secret, share)->data[0];
  });
}

CostBatch deriving() {
  return timed([key = Hash256{}](std::size_t i) mutable {
    key.data[0] = static_cast<Byte>(i);
    return hkdf_expand(key, "initiator frames").data[0];
  });
}

CostBatch sealing(std::size_t size) {
  return timed([text = text_of(size), nonce = AeadNonce{}](std::size_t i) mutable {
    nonce.data[0] = static_cast<Byte>(i);
    return aead_seal(AeadKey{}, nonce, {}, text)[0];
  });
}
CostBatch sealing_small() { return sealing(1); }
CostBatch sealing_large() { return sealing(large_message); }

CostBatch hashing() {
  return timed([text = text_of(1024)](std::size_t i) mutable {
    text[0] = static_cast<Byte>(i);
    return keccak256(text).data[0];
  });
}

CostBatch proving() {
  return timed([key = node_key(), alpha = text_of(40)](std::size_t i) mutable {
    alpha[0] = static_cast<Byte>(i);
    return ledgerlab::vrf_prove(key, alpha).data[0];
  });
}

CostBatch checking_proofs() {
  const Ed25519Keypair key = node_key();
  const Bytes alpha = text_of(40);
  return timed([key, alpha, proof = ledgerlab::vrf_prove(key, alpha)](std::size_t) {
    return ledgerlab::vrf_verify(key.public_key, alpha, proof) ? 1u : 0u;
  });
}

Secp256k1SecretKey account_key() {
  Secp256k1SecretKey key;
  key.data[31] = 7;
  return key;
}

CostBatch signing_transactions() {
  return timed([key = account_key()](std::size_t i) {
    Hash256 digest;
    std::memcpy(digest.data.data(), &i, sizeof i);
    return secp256k1_sign_recoverable(key, digest)->recovery_id;
  });
}

CostBatch recovering_senders() {
  const Hash256 digest = sha256(text_of(100));
  return timed(
      [digest, signature = *secp256k1_sign_recoverable(account_key(), digest)](std::size_t) {
        return address_of(*secp256k1_recover(signature, digest)).data[0];
      });
}

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

/// A world's accounts and transfers between them.
struct Bank {
  std::unique_ptr<WorldSuite> suite = make_suite(SuiteMode::costed, 1, WorkMode::lottery);
  account::StateRef state = account::genesis_state({accounts, 1'000'000'000}, *suite);

  TxRef transfer(AccountIndex from, std::uint64_t nonce, AccountIndex to) {
    NoNames names;
    CostTable costs;
    Effects effects{*suite, names, costs};
    effects.begin(0);
    Transfer t;
    t.nonce = nonce;
    t.to = suite->account(to);
    t.value = U256(1);
    t.fee = 1;
    return sign_transfer(effects.crypto(), from, t);
  }
};

/// Its keys take a second to make, so all probes share one; none changes it.
const std::shared_ptr<Bank>& shared_bank() {
  static const auto bank = std::make_shared<Bank>();
  return bank;
}

CostBatch admitting() {
  const auto bank = shared_bank();
  std::vector<Address> senders;
  for (AccountIndex i = 0; i < accounts; ++i) senders.push_back(bank->suite->account(i));
  return timed([bank, senders](std::size_t i) {
    const account::Account at = bank->state->get(senders[i * 7919 % senders.size()]);
    return at.nonce == 0 && at.balance >= U256(2) ? 1u : 0u;
  });
}

/// Two accounts pay each other, so hardly any state is written; senders are known beforehand.
CostBatch executing() {
  const auto bank = shared_bank();
  std::vector<TxRef> list;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    list.push_back(bank->transfer(i % 2, i / 2, (i + 1) % 2));
  }
  const PayloadRef payload = make_payload(std::move(list));
  const auto once = account::execute_payload(*bank->state, *payload, *bank->suite);
  if (!once.ok ||
      std::count(once.outcomes.begin(), once.outcomes.end(), TxOutcome::succeeded) != 1000) {
    throw std::runtime_error("calibrate: the block of transfers is not executed");
  }
  return timed([bank, payload](std::size_t) {
    return account::execute_payload(*bank->state, *payload, *bank->suite).state_root.data[0];
  });
}

CostBatch updating() {
  const auto bank = shared_bank();
  std::vector<Address> owners;
  for (AccountIndex i = 0; i < 1000; ++i) owners.push_back(bank->suite->account(i * 10));
  bank->state->root();
  return timed([bank, owners](std::size_t i) {
    account::State next = *bank->state;
    for (const Address& owner : owners) next.set(owner, {i + 1, U256(i)});
    return next.root().data[0];
  });
}

/// A file that has no name any more.
struct LogFile {
  int file;
  LogFile() {
    std::string name = (std::filesystem::temp_directory_path() / "ledgerlab_XXXXXX").string();
    file = mkstemp(name.data());
    if (file < 0) refuse("calibrate: no file to append to");
    unlink(name.c_str());
  }
  ~LogFile() { close(file); }
};

CostBatch appending() {
  return [log = std::make_shared<LogFile>(), record = text_of(256)](std::size_t count) {
    const std::int64_t begin = cpu_ns();
    for (std::size_t i = 0; i < count; ++i) {
      if (write(log->file, record.data(), record.size()) < 0) refuse("calibrate: appending");
    }
    const std::int64_t taken = cpu_ns() - begin;
    if (ftruncate(log->file, 0) != 0 || lseek(log->file, 0, SEEK_SET) != 0) {
      refuse("calibrate: emptying the log");
    }
    return taken;
  };
}

/// A TCP connection of this process with itself.
struct Connection {
  int from = -1, to = -1;
  Connection() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* at = reinterpret_cast<sockaddr*>(&address);
    from = socket(AF_INET, SOCK_STREAM, 0);
    const bool good = listener >= 0 && from >= 0 && bind(listener, at, size) == 0 &&
                      listen(listener, 1) == 0 && getsockname(listener, at, &size) == 0 &&
                      connect(from, at, size) == 0;
    if (good) to = accept(listener, nullptr, nullptr);
    if (listener >= 0) close(listener);
    if (to < 0) refuse("calibrate: no TCP connection over the loopback");
    const int on = 1;
    setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() {
    if (from >= 0) close(from);
    if (to >= 0) close(to);
  }
};

/// Receiving: wait, read, compare the frame's checksum. Some are sent ahead, unmeasured.
CostBatch receiving(std::size_t size, std::size_t ahead) {
  const auto line = std::make_shared<Connection>();
  Bytes frame = text_of(size);
  const Hash128 sum = hash128(frame);
  return [line, frame, sum, ahead](std::size_t count) {
    Bytes got(frame.size());
    std::int64_t taken = 0;
    for (std::size_t done = 0; done < count;) {
      const std::size_t now = std::min(ahead, count - done);
      for (std::size_t i = 0; i < now; ++i) {
        if (send(line->from, frame.data(), frame.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(frame.size())) {
          refuse("calibrate: sending over the loopback");
        }
      }
      const std::int64_t begin = cpu_ns();
      for (std::size_t i = 0; i < now; ++i) {
        pollfd wait{line->to, POLLIN, 0};
        if (poll(&wait, 1, 10'000) != 1 ||
            recv(line->to, got.data(), got.size(), MSG_WAITALL) !=
                static_cast<ssize_t>(got.size()) ||
            hash128(got) != sum) {
          refuse("calibrate: receiving over the loopback");
        }
      }
      taken += cpu_ns() - begin;
      done += now;
    }
    return taken;
  };
}

CostBatch receiving_small() { return receiving(small_message, 64); }
CostBatch receiving_large() { return receiving(large_message, 2); }

}  // namespace

std::vector<CostProbe> cost_probes() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  using Op = Operation;
  std::vector<CostProbe> probes{
      {Op::message_handle,
       "64-byte messages over a loopback TCP connection: poll, recv, XXH3; no wake-up of a thread",
       receiving_small},
      {Op::message_byte, "16 KiB messages the same way, by their bytes", receiving_large,
       static_cast<double>(large_message)},
      {Op::sign, "Ed25519 of 128 bytes, libsodium", signing},
      {Op::verify, "Ed25519 of 128 bytes, libsodium", verifying},
      {Op::mac, "16-byte tag of 64 bytes, keyed BLAKE2b, libsodium", tagging},
      {Op::hash_byte, "Keccak-256 of 1 KiB, by its bytes", hashing, 1024},
      {Op::vrf_prove, "ECVRF-EDWARDS25519-SHA512-TAI of 40 bytes", proving},
      {Op::vrf_verify, "the same, verified", checking_proofs},
      {Op::tx_sign, "ECDSA with recovery, libsecp256k1", signing_transactions},
      {Op::tx_verify, "recovery of the sender's address, libsecp256k1", recovering_senders},
      {Op::tx_check, "one of 10,000 accounts looked up, nonce and balance compared", admitting},
      {Op::tx_execute, "block of 1,000 transfers between two accounts, receipts included",
       executing, 1000},
      {Op::state_update, "1,000 of 10,000 accounts written and the root taken, by account",
       updating, 1000},
      {Op::log_append, "write(2) of 256 bytes to a file, without a sync", appending},
      {Op::x25519, "X25519 with a foreign share, libsodium", agreeing},
      {Op::hkdf, "HMAC-SHA-256 of 16 bytes and a counter, libsodium", deriving},
      {Op::aead, "ChaCha20-Poly1305 of 1 byte, encrypted, libsodium", sealing_small},
      {Op::aead_byte, "16 KiB the same way, by their bytes", sealing_large,
       static_cast<double>(large_message)},
  };
  for (CostProbe& probe : contract_probes()) probes.push_back(std::move(probe));
  return probes;
}

}  // namespace ledgerlab
