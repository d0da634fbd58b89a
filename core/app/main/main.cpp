#include "core/app/commands.h"

int main(int argc, char** argv) { return cleat::app::runCommand(argc, argv); }
