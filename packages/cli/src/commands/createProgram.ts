import { Command } from 'commander';
import { version } from '../../package.json';
import { aliasCommand } from './aliasCommand';
import { approveCommand } from './approveCommand';
import { CommandRunner } from './CommandRunner';
import { deleteCommand } from './deleteCommand';
import { deployCommand } from './deployCommand';
import { devCommand } from './devCommand';
import { diffCommand } from './diffCommand';
import { invokeCommand } from './invokeCommand';
import { liftCommand } from './liftCommand';
import { logsCommand } from './logsCommand';
import { offCommand } from './offCommand';
import { promoteCommand } from './promoteCommand';
import { publishCommand } from './publishCommand';
import { rollbackCommand } from './rollbackCommand';
import { searchCommand } from './searchCommand';
import { statusCommand } from './statusCommand';
import { steerCommand } from './steerCommand';
import { testCommand } from './testCommand';
import { tokenCommand } from './tokenCommand';

/** Environment and exit codes, below every help. */
const footer = `
Environment:
  MODEL_PLATFORM_URL             address of the portal, e.g. https://portal.example.org
  MODEL_PLATFORM_TOKEN           token to speak to the platform with; a CI job can do without
  MODEL_PLATFORM_ID_TOKEN        token that GitLab gives to the job (id_tokens)
  MODEL_PLATFORM_ENDPOINT_TOKEN  token that invoke calls with

Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 cannot reach or not allowed`;

/** The whole command line. */
export function createProgram(run: CommandRunner): Command {
  const program = new Command('model-platform')
    .description('Publish, deploy and call models.')
    .version(version)
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride();
  const commands = [
    testCommand(run),
    devCommand(run),
    publishCommand(run),
    deployCommand(run),
    diffCommand(run),
    approveCommand(run, 'approve'),
    approveCommand(run, 'refuse'),
    invokeCommand(run),
    tokenCommand(run),
    statusCommand(run),
    logsCommand(run),
    aliasCommand(run),
    promoteCommand(run),
    rollbackCommand(run),
    steerCommand(run, 'pause'),
    steerCommand(run, 'resume'),
    steerCommand(run, 'abort'),
    offCommand(run, 'off'),
    offCommand(run, 'on'),
    deleteCommand(run),
    liftCommand(run),
    searchCommand(run),
  ];
  for (const command of commands) {
    program.addCommand(inherit(command, program));
  }
  program.addHelpText('afterAll', footer);
  return program;
}

/** A command made on its own knows nothing of how the program ends and explains itself. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
}
