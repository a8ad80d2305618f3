// Prints who AWS says the caller is, or the code of the error that credentials ended with, as JSON.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

async function callerIdentity() {
  try {
    const identity = await new STSClient({}).send(new GetCallerIdentityCommand({}));
    return { arn: identity.Arn, account: identity.Account };
  } catch (error) {
    if (error.$fault === undefined) throw error;
    return { code: error.Code ?? error.name };
  }
}

console.log(JSON.stringify(await callerIdentity()));
