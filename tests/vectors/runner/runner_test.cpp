// The judge judged: ledgerlab_vectors on sets made here, right and doctored.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace {

namespace fs = std::filesystem;

struct Answer {
  int code = -1;
  std::string out;
};

class Runner : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::path(::testing::TempDir()) /
            ("vectors of " +
             std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(home_);
    write("eth-tests/RLPTests/rlptest.json",
          R"({"cat": {"in": "cat", "out": "0x83636174"}, "one": {"in": 1, "out": "0x01"}})");
  }
  void TearDown() override { fs::remove_all(home_); }

  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((home_ / name).parent_path());
    std::ofstream(home_ / name) << text;
  }
  void index(const std::string& rows) {
    write("INDEX.tsv",
          "path\torigin\tcommit\tlicence\tfiles\tcases\thow_split\twhat_it_checks\n" + rows);
  }
  static std::string row(const std::string& path, int cases) {
    return path + "\to\tc\tl\t1\t" + std::to_string(cases) + "\th\tw\n";
  }

  /// Standard output and exit code of the program.
  Answer run(const std::string& arguments, const std::string& before = "") {
    const std::string command = before + "LEDGERLAB_VECTORS='" + home_.string() +
                                "' LEDGERLAB_SOAK=0 '" + LEDGERLAB_VECTORS_PROGRAM + "' " +
                                arguments;
    Answer answer;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return answer;
    std::array<char, 4096> buffer;
    for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
      answer.out.append(buffer.data(), n);
    }
    const int status = ::pclose(pipe);
    if (WIFEXITED(status)) answer.code = WEXITSTATUS(status);
    return answer;
  }
  static nlohmann::json family(const Answer& answer, std::size_t i = 0) {
    return nlohmann::json::parse(answer.out).at("families").at(i);
  }

  fs::path home_;
  const std::string rlp_ = "eth-tests/RLPTests/rlptest.json";
};

TEST_F(Runner, CountsWhatPasses) {
  index(row(rlp_, 2));
  const Answer answer = run("--json");
  EXPECT_EQ(answer.code, 0);
  const auto want = nlohmann::json::parse(
      R"({"families":[{"family":"eth-tests/RLPTests/rlptest.json","passed":2,"failed":0,
          "skipped":0,"reasons":{}}]})");
  EXPECT_EQ(nlohmann::json::parse(answer.out), want);
}

TEST_F(Runner, FailsOnADoctoredCase) {
  write(rlp_, R"({"cat": {"in": "cat", "out": "0x83636174"}, "one": {"in": 1, "out": "0x02"}})");
  index(row(rlp_, 2));
  const Answer answer = run("--json");
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(family(answer).at("passed"), 1);
  EXPECT_EQ(family(answer).at("failed"), 1);
  const Answer named = run("--list-failures");
  EXPECT_EQ(named.code, 1);
  EXPECT_NE(named.out.find("FAILED " + rlp_ + ": one: "), std::string::npos) << named.out;
}

TEST_F(Runner, FailsOnAFamilyItCannotRead) {
  write(rlp_, "{");
  index(row(rlp_, 2));
  EXPECT_EQ(run("").code, 1);
}

TEST_F(Runner, FailsOnAFamilyWithoutCases) {
  write(rlp_, "{}");
  index(row(rlp_, 2));
  EXPECT_EQ(run("").code, 1);
}

TEST_F(Runner, SkipsAloudWhatItCannotRun) {
  write("new/kind.json", "{}");
  index(row(rlp_, 2) + row("new/kind.json", 7) + row("eth-tests/RLPTests/gone.json", 3));
  const Answer answer = run("--json");
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(family(answer, 1).at("skipped"), 7);
  EXPECT_EQ(family(answer, 1).at("reasons").size(), 1u);
  EXPECT_EQ(family(answer, 2).at("skipped"), 3);
}

TEST_F(Runner, ChoosesFamiliesByNameBeginningAndPattern) {
  write("new/kind.json", "{}");
  index(row(rlp_, 2) + row("new/kind.json", 7));
  for (const char* words : {"new/kind.json", "new", "new/", "'new/*'", "'*kind*'"}) {
    const Answer answer = run(std::string("--json ") + words);
    EXPECT_EQ(answer.code, 0) << words;
    EXPECT_EQ(nlohmann::json::parse(answer.out).at("families").size(), 1u) << words;
  }
  const Answer unknown = run("eth-tests/RLPTests/rlptes.json 2>&1");
  EXPECT_EQ(unknown.code, 64);
  EXPECT_EQ(run("--no-such-option 2>/dev/null").code, 64);
  const Answer near = run("rlptests.json 2>&1");
  EXPECT_EQ(near.code, 64);
  EXPECT_NE(near.out.find("near: " + rlp_), std::string::npos) << near.out;
}

TEST_F(Runner, FilterNarrows) {
  index(row(rlp_, 2));
  const Answer answer = run("--json --filter ca");
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(family(answer).at("passed"), 1);
  EXPECT_EQ(run("--filter nothing-is-called-so 2>/dev/null").code, 1);
}

TEST_F(Runner, AFilterThatNothingPassesFailsOfSeveralFamiliesToo) {
  const std::string signatures = "bitcoinjs/test/fixtures/core/sig_canonical.json";
  write(signatures, R"(["a comment, not a signature"])");
  index(row(rlp_, 2) + row(signatures, 1));
  const Answer answer = run("'*' --filter zzzznone 2>&1");
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.out.find("no case has 'zzzznone' in its name"), std::string::npos) << answer.out;
  EXPECT_EQ(family(run("--json " + signatures)).at("skipped"), 1);
}

TEST_F(Runner, AnIndexWithoutFamiliesIsSaid) {
  index("");
  const Answer answer = run("2>&1");
  EXPECT_EQ(answer.code, 66);
  EXPECT_NE(answer.out.find("names no family"), std::string::npos) << answer.out;
}

TEST_F(Runner, AbsentVectorsAreSaid) {
  const Answer absent = run("2>&1");
  EXPECT_EQ(absent.code, 66);
  EXPECT_NE(absent.out.find("VECTORS ABSENT"), std::string::npos);
  EXPECT_EQ(run("--if-present 2>/dev/null").code, 77);
}

TEST_F(Runner, NoticesThatAnArchiveChanged) {
  index(row(rlp_, 2));
  const auto pack = [&] {
    const std::string folder = "cd '" + home_.string() + "' && ";
    ASSERT_EQ(std::system((folder + "tar cJf set.tar.xz eth-tests && rm -r eth-tests").c_str()), 0);
  };
  pack();
  EXPECT_EQ(family(run("--json")).at("passed"), 2);
  EXPECT_EQ(family(run("--json")).at("passed"), 2);
  write(rlp_, R"({"cat": {"in": "cat", "out": "0x83636173"}, "one": {"in": 1, "out": "0x02"}})");
  pack();
  EXPECT_EQ(family(run("--json")).at("failed"), 2);
}

TEST_F(Runner, TakesArchivesWhereFoldersLackFiles) {
  write("eth-tests/RLPTests/more.json", R"({"cat": {"in": "cat", "out": "0x83636174"}})");
  index(row(rlp_, 2) + row("eth-tests/RLPTests/more.json", 1));
  const std::string folder = "cd '" + home_.string() + "' && ";
  ASSERT_EQ(std::system((folder + "tar cJf set.tar.xz eth-tests").c_str()), 0);
  ASSERT_EQ(std::system((folder + "rm eth-tests/RLPTests/more.json").c_str()), 0);
  EXPECT_EQ(family(run("--json"), 1).at("passed"), 1);
  ASSERT_EQ(std::system((folder + "rm set.tar.xz").c_str()), 0);
  EXPECT_EQ(family(run("--json"), 1).at("skipped"), 1);
}

TEST_F(Runner, UnpacksEveryUsualKindOfArchive) {
  const std::string folder = "cd '" + home_.string() + "' && ";
  index(row(rlp_, 2));
  ASSERT_EQ(std::system((folder + "mkdir away && mv eth-tests away").c_str()), 0);
  for (const char* how : {"tar cJf ../set.tar.xz", "tar czf ../set.tar.gz", "tar czf ../set.tgz",
                          "tar cf ../set.tar"}) {
    ASSERT_EQ(std::system((folder + "rm -f set.* && cd away && " + how + " eth-tests").c_str()), 0);
    EXPECT_EQ(family(run("--json")).at("passed"), 2) << how;
  }
}

TEST_F(Runner, NamesAnArchiveThatIsNotComplete) {
  index(row(rlp_, 2));
  const std::string folder = "cd '" + home_.string() + "' && ";
  ASSERT_EQ(std::system((folder + "tar cJf set.tar.xz eth-tests && rm -r eth-tests && "
                                  "truncate -s -40 set.tar.xz")
                            .c_str()),
            0);
  const Answer answer = run("2>&1");
  EXPECT_EQ(answer.code, 66);
  EXPECT_NE(answer.out.find("set.tar.xz: is it complete?"), std::string::npos) << answer.out;
}

TEST_F(Runner, ReadsMarksAndLineEndsOfOtherSystems) {
  write(rlp_, "\xef\xbb\xbf{\r\n\"cat\": {\"in\": \"cat\",\r\n \"out\": \"0x83636174\"}}\r\n");
  write("bips/bip-0340/test-vectors.csv",
        "index,secret key,public key,aux_rand,message,signature,verification result,comment\r\n"
        "5,,EEFDEA4CDB677750A420FEE807EACF21EB9898AE79B9768766E4FAA04A2D4A34,,"
        "243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C89,"
        "6CFF5C3BA86C69EA4B7376F31A9BCB4F74C1976089B2D9963DA2E5543E177769"
        "69E89B4C5564D00349106B8497785DD7D1D713A8AE82B32FA79D5F7FC407D39B,FALSE,"
        "public key not on the curve\r\n");
  write("INDEX.tsv", "path\tcases\twhat_it_checks\r\n" + rlp_ +
                         "\t1\tw\r\nbips/bip-0340/test-vectors.csv\t1\tw\r\n");
  const Answer answer = run("--json");
  EXPECT_EQ(answer.code, 0) << answer.out;
  EXPECT_EQ(family(answer).at("passed"), 1);
  EXPECT_EQ(family(answer, 1).at("passed"), 1);
}

TEST_F(Runner, AFileThatCannotBeReadCostsNoOtherFile) {
  const std::string folder = "eth-tests/TransactionTests";
  write(folder + "/ttA/empty.json", "");
  write(folder + "/ttA/broken.json", "{\"a\": ");
  write(folder + "/ttA/notes.txt", "not a case");
  // No bytes at all are no transaction (FORMATS.md, TransactionTests).
  write(folder + "/ttB/none.json",
        R"({"none": {"txbytes": "0x", "result": {"Cancun": {"exception": "any"},
            "Prague": {"exception": "any"}}}})");
  index(row(folder, 4));
  const Answer answer = run("--json");
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(family(answer).at("failed"), 2) << answer.out;
  EXPECT_EQ(family(answer).at("passed"), 1) << answer.out;
  EXPECT_EQ(family(answer).at("skipped"), 1) << answer.out;
}

/// Of three derivations the second takes hours.
constexpr std::string_view derivations =
    R"({"algorithm": "PBKDF2-HMACSHA256", "testGroups": [{"type": "PbkdfTest", "tests": [
        {"tcId": 1, "password": "70617373776f7264", "salt": "73616c74", "iterationCount": 1,
         "dkLen": 32, "result": "valid",
         "dk": "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"},
        {"tcId": 2, "password": "70617373776f7264", "salt": "73616c74",
         "iterationCount": 2000000000, "dkLen": 32, "result": "valid", "dk": "00"},
        {"tcId": 3, "password": "70617373776f7264", "salt": "73616c74", "iterationCount": 2,
         "dkLen": 32, "result": "valid",
         "dk": "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"}]}]})";

TEST_F(Runner, ACaseThatKillsItsProcessCostsNoOtherCase) {
  const std::string family_is = "wycheproof/testvectors_v1/pbkdf2_hmacsha256_test.json";
  write(family_is, std::string(derivations));
  index(row(family_is, 3));
  // The system ends a process after a second of computing.
  const Answer answer = run("--list-failures", "ulimit -t 1; ");
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(answer.out.find(": tcId 2 : its process ended with signal"), std::string::npos)
      << answer.out;
  EXPECT_NE(
      answer.out.find("all" + std::string(family_is.size() - 3, ' ') + "       2       1       0"),
      std::string::npos)
      << answer.out;
}

TEST_F(Runner, ACaseWithoutEndIsEnded) {
  const std::string family_is = "wycheproof/testvectors_v1/pbkdf2_hmacsha256_test.json";
  write(family_is, std::string(derivations));
  index(row(family_is, 3));
  const Answer answer = run("--json --case-limit 1");
  EXPECT_EQ(answer.code, 1);
  EXPECT_NE(run("--list-failures --case-limit 1").out.find("was ended: nothing for 1 s"),
            std::string::npos);
  EXPECT_EQ(family(answer).at("passed"), 2);
  EXPECT_EQ(family(answer).at("failed"), 1);
}

// Cases of families whose part of the sets does not have them; known answers of their origin.
TEST_F(Runner, ReadsFormsThatOnlySomeCasesHave) {
  // ethereum/tests, RLPTests/rlptest.json: 2^256.
  write(rlp_,
        R"({"bigint": {"in": "#1157920892373161954235709850086879078532699846656405640394575840)"
        R"(07913129639936", "out": "0xa1010000000000000000000000000000000000000000000000000000)"
        R"(000000000000"}, "bytes": {"in": ["0x0102", "0x"], "out": "0xc482010280"}})");
  // ethereum/tests, ABITests/basic_abi_tests.json.
  const std::string abi = "eth-tests/ABITests/basic_abi_tests.json";
  write(abi, R"({"IntegerAndAddress": {"args": [324124, "cd2a3d9f938e13cd947ec05abc7fe734df8dd826"],
      "types": ["uint256", "address"], "result":
      "000000000000000000000000000000000000000000000000000000000004f21c)"
             R"(000000000000000000000000cd2a3d9f938e13cd947ec05abc7fe734df8dd826"}})");
  // ethereum/tests, BasicTests/crypto.json.
  const std::string crypto = "eth-tests/BasicTests/crypto.json";
  write(crypto,
        R"({"ecies1": {"decryption_type": "ecies_sec1_altered",
      "key": "5e173f6ac3c669587538e7727cf19b782a4f2fda07c1eaa662c593e5e85e3051",
      "cipher": "049934a7b2d7f9af8fd9db941d9da281ac9381b5740e1f64f7092f3588d4f87f5ce55191a6653e5e)"
        R"(80c1c5dd538169aa123e70dc6ffc5af1827e546c0e958e42dad355bcc1fcb9cdf2cf47ff524d2ad9)"
        R"(8cbf275e661bf4cf00960e74b5956b799771334f426df007350b46049adb21a6e78ab1408d5e6ccd)"
        R"(e6fb5e69f0f4c92bb9c725c02f99fa72b9cdc8dd53cff089e0e73317f61cc5abf6152513cb7d833f)"
        R"(09d2851603919bf0fbe44d79a09245c6e8338eb502083dc84b846f2fee1cc310d2cc8b1b9334728f)"
        R"(97220bb799376233e113",
      "payload": "802b052f8b066640bba94a4fc39d63815c377fced6fcb84d27f791c9921ddf3e9bf0108e298f49)"
        R"(0812847109cbd778fae393e80323fd643209841a3b7f110397f37ec61d84cea03dcc5e8385db9324)"
        R"(8584e8af4b4d1c832d8c7453c0089687a700"}})");
  // bitcoinjs-lib 7.0.5 answered these.
  const std::string p2ms = "bitcoinjs/test/fixtures/p2ms.json";
  write(p2ms, R"({"valid": [{"arguments": {"signatures": ["300602010002010001"]}, "expected":
      {"input": "OP_0 300602010002010001", "signatures": ["300602010002010001"], "witness": []}}],
      "invalid": [{"arguments": {"m": 2}, "exception": "Not enough data"}]})");
  index(row(rlp_, 2) + row(abi, 1) + row(crypto, 1) + row(p2ms, 2));
  const Answer answer = run("--list-failures");
  EXPECT_EQ(answer.code, 0) << answer.out;
}

TEST_F(Runner, FindsTheSetsHoweverTheFolderIsWritten) {
  index(row(rlp_, 2));
  const std::string whole = home_.string();
  const fs::path from = fs::current_path();
  fs::current_path(home_.parent_path());
  for (const std::string& name : {whole + "/", whole + "//", home_.filename().string(),
                                  "./" + home_.filename().string() + "/",
                                  home_.filename().string() + "/../" + home_.filename().string()}) {
    home_ = name;
    const Answer answer = run("--json");
    EXPECT_EQ(answer.code, 0) << name;
    EXPECT_EQ(family(answer).at("passed"), 2) << name;
  }
  home_ = whole;
  fs::current_path(from);
}

}  // namespace
