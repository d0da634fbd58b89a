#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cleat {
namespace {

Command shell(std::string script) { return Command{.argv = {"/bin/sh", "-c", std::move(script)}}; }

TEST(ProcessTest, AChildsStreamsAndExitCodeAreCollected) {
  RunOptions options{.input = "hello"};
  auto output = run(shell("cat; echo oops >&2; exit 3"), options);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->standardOutput, "hello");
  EXPECT_EQ(output->standardError, "oops\n");
  EXPECT_EQ(output->exitCode, 3);
}

TEST(ProcessTest, MoreInputThanAPipeHoldsReachesAChildThatWritesAsMuch) {
  std::string large(1 << 20, 'x');
  auto output = run(shell("cat"), {.input = large});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->standardOutput, large);
}

TEST(ProcessTest, InputThatTheChildDoesNotReadDoesNotKillUs) {
  std::string large(1 << 20, 'x');
  auto output = run(shell("exit 0"), {.input = large});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->exitCode, 0);
}

TEST(ProcessTest, ATimeoutKillsTheChildAndWhatItStarted) {
  auto output = run(shell("sleep 100 & echo $!; wait"), {.timeoutMs = 200});
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->timedOut);
  EXPECT_FALSE(output->succeeded());
  pid_t grandchild = std::stoi(output->standardOutput);
  // It has been killed, but it may not have died yet.
  Fd handle(static_cast<int>(syscall(SYS_pidfd_open, grandchild, 0)));
  pollfd death{handle.get(), POLLIN, 0};
  EXPECT_TRUE(handle.get() < 0 || poll(&death, 1, 10'000) == 1);
}

TEST(ProcessTest, AChildSeesOnlyTheDescriptorsThatItIsGiven) {
  Fd leaked(open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  Fd given(open("/dev/zero", O_RDONLY | O_CLOEXEC));
  Command command = shell("ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/5");
  command.descriptors.emplace_back(5, given.get());
  auto output = run(command);
  ASSERT_TRUE(output);
  // 3 is the folder that ls itself has open.
  EXPECT_EQ(output->standardOutput, "0 1 2 3 5 /dev/zero\n");
}

TEST(ProcessTest, OutputBeyondTheLimitIsDroppedAndTheChildStillEnds) {
  auto output = run(shell("head -c 100000 /dev/zero"), {.outputLimit = 1000});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->standardOutput.size(), 1000u);
  EXPECT_EQ(output->exitCode, 0);
}

TEST(ProcessTest, AnEnvironmentReplacesOursAndASignalIsItsNumberAbove128) {
  Command command = shell("echo $A; kill -9 $$");
  command.environment = std::vector<std::string>{"A=b"};
  auto output = run(command);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->standardOutput, "b\n");
  EXPECT_EQ(output->exitCode, 128 + SIGKILL);
}

TEST(ProcessTest, AProgramThatIsNotThereIsNamed) {
  auto output = run(Command{.argv = {"/no/such/program"}});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "cannot start /no/such/program: No such file or directory");
}

}  // namespace
}  // namespace cleat
